using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Analyzers.Tests;

public sealed class LifetimeAnalyzerTests
{
    [Fact]
    public async Task Start_WhoseEndNobodySeesTo_IsReported() =>
        await Marked.CheckAsync(Rules.Lifetime, Marked.Connector(
            """
            private Timer? _timer;
            private Thread? _thread;
            private PeriodicTimer _periodic = [|new(TimeSpan.FromSeconds(1))|];
            private Task? _task;

            void Forgotten() => [|new Thread(Work)|].Start();
            void Local() { var thread = [|new Thread(Work) { IsBackground = true }|]; thread.Start(); }
            void Elapsed() { var timer = [|new System.Timers.Timer(1)|]; timer.Elapsed += (_, _) => Work(); timer.Start(); }
            void Field() => _timer = [|new Timer(_ => Work())|];
            void Late() => _timer ??= [|new(_ => Work())|];
            void ThroughLocal() { var thread = [|new Thread(Work)|]; thread.Start(); _thread = thread; }
            void Clock() => Context.TimeProvider.[|CreateTimer|](_ => Work(), null, TimeSpan.Zero, TimeSpan.Zero);
            void Pool() => _ = Task.[|Run|](Work);
            void Factory() => Task.Factory.[|StartNew|](Work);
            void Kept() => _task = Task.[|Run|](Work);
            void CallsToken(CancellationToken t) => _ = Task.[|Run|](() => WorkAsync(t), t);
            void Work() => _periodic.Period = _timer is null && _thread is null && _task is null ? TimeSpan.Zero : TimeSpan.MaxValue;
            Task WorkAsync(CancellationToken t) => Task.Delay(1, t);
            """));

    [Fact]
    public async Task Start_ThatIsTiedToTheLifetimeOrEnded_IsNotReported() =>
        await Marked.CheckAsync(Rules.Lifetime, Marked.Connector(
            """
            private readonly PeriodicTimer _periodic = new(TimeSpan.FromSeconds(1));
            private Timer? _timer;
            private Thread? _thread;
            private ITimer? _ofClock;
            private Task? _task;

            protected override ValueTask OnInitAsync(CancellationToken cancellationToken)
            {
                _timer = new Timer(_ => Work());
                _thread = new Thread(Work);
                _ofClock = Context.TimeProvider.CreateTimer(_ => Work(), null, TimeSpan.Zero, TimeSpan.Zero);
                _task = Task.Run(Work, cancellationToken);
                return default;
            }

            protected override async ValueTask OnDestroyAsync(CancellationToken cancellationToken)
            {
                _periodic.Dispose();
                _timer?.Dispose();
                _thread?.Join();
                _ofClock?.Dispose();
                await (_task ?? Task.CompletedTask);
            }

            void Tied() => _ = Task.Run(() => WorkAsync(Context.Lifetime));
            void TiedThread() { var lifetime = Context.Lifetime; new Thread(() => { while (!lifetime.IsCancellationRequested) { Work(); } }).Start(); }
            async Task Used() { using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1)); await timer.WaitForNextTickAsync(); }
            void UsedBlock() { using (var timer = new Timer(_ => Work())) { Work(); } }
            void Joined() { var thread = new Thread(Work); thread.Start(); thread.Join(); }
            async Task Awaited() => await Task.Run(Work);
            Task Returned() => Task.Run(Work);
            async Task Both() { var one = Task.Run(Work); await one; }
            Timer Made() => new(_ => Work());
            object Handed() => Tuple.Create(new Timer(_ => Work()));
            void Work() { }
            Task WorkAsync(CancellationToken t) => Task.Delay(1, t);
            """,
            """
            sealed class Loop(CancellationToken lifetime) : IDisposable
            {
                private readonly Timer _timer = new(_ => { });
                public void Begin() => _ = Task.Run(() => Task.Delay(1, lifetime));
                void IDisposable.Dispose() => _timer.Dispose();
            }
            """));
}
