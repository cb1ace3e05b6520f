using System.Buffers;
using System.ComponentModel;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Text;
using System.Text.Json;
using PluginRuntime.Sdk;

namespace Fixtures.Leaks;

/// <summary>
/// Leaves something behind, or fails on its way in or out, as the file <c>behaviour.txt</c> in its package says. Threads and handlers that
/// hang wait for the event that a test keeps as the process-wide datum <c>leaks.release</c>.
/// </summary>
[Connector("leaks", Category = "test")]
public sealed class LeaksConnector : Connector<object>
{
    // Kept: one that nobody refers to stops when it is finalized.
    private static Timer? _timer;

    private static readonly string _directory = Path.GetDirectoryName(typeof(LeaksConnector).Assembly.Location)!;

    /// <summary>Leaves behind what it is told to.</summary>
    public LeaksConnector()
    {
        RawAction("managed", ManagedAsync, new() { Description = "Loads an assembly by name; tells what came of it." });
        RawAction("native", NativeAsync, new() { Description = "Loads a native library by name; tells what came of it." });
        RawAction("throw", ThrowAsync, new() { Description = "Throws." });
        RawAction("registration", RegisterAsync, new() { Description = "Registers a callback that throws, and waits for its token." });
        Leave(Behaviour);
    }

    private static string Behaviour =>
        File.Exists(Path.Combine(_directory, "behaviour.txt")) ? File.ReadAllText(Path.Combine(_directory, "behaviour.txt")) : "";

    /// <summary>Runs once a context.</summary>
    public static async ValueTask OnLoad(CancellationToken cancellationToken)
    {
        File.AppendAllText(Path.Combine(_directory, "loaded.txt"), "x");
        switch (Behaviour)
        {
            case "load-throws":
                AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
                throw new InvalidOperationException("OnLoad says no");
            case "load-hangs":
                Release.WaitOne();
                break;
            case "load-waits":
                await Task.Delay(Timeout.Infinite, cancellationToken);
                break;
        }
    }

    /// <summary>Runs once a context.</summary>
    public static ValueTask OnUnload(CancellationToken cancellationToken)
    {
        File.AppendAllText(Path.Combine(_directory, "unloaded.txt"), "x");
        return Behaviour == "unload-throws" ? throw new InvalidOperationException("OnUnload says no") : default;
    }

    /// <inheritdoc />
    protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(new object());

    private static WaitHandle Release => (WaitHandle)AppContext.GetData("leaks.release")!;

    private static void Leave(string behaviour)
    {
        switch (behaviour)
        {
            case "ProcessExit":
                AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
                break;
            case "generic":
                AppDomain.CurrentDomain.ProcessExit += new Generic<Plain>().OnProcessExit;
                break;
            case "FirstChanceException":
                AppDomain.CurrentDomain.FirstChanceException += (_, _) => Plain.Count++;
                break;
            case "UnhandledException":
                AppDomain.CurrentDomain.UnhandledException += (_, _) => Plain.Count++;
                break;
            case "UnobservedTaskException":
                TaskScheduler.UnobservedTaskException += (_, _) => Plain.Count++;
                break;
            case "AssemblyResolve":
                AppDomain.CurrentDomain.AssemblyResolve += (_, _) => null;
                break;
            case "Resolving":
                AssemblyLoadContext.Default.Resolving += (_, _) => null;
                break;
            case "CancelKeyPress":
                Console.CancelKeyPress += (_, _) => Plain.Count++;
                break;
            case "meter":
                new Meter("leaks").CreateObservableGauge("leaks.count", () => Plain.Count);
                break;
            case "timer":
                _timer = new Timer(_ => Plain.Count++, null, TimeSpan.FromHours(1), TimeSpan.FromHours(1));
                break;
            case "timer-state":
                _timer = new Timer(Console.WriteLine, new Plain(), TimeSpan.FromHours(1), TimeSpan.FromHours(1));
                break;
            case "delay-loop":
                _ = DelayAsync();
                break;
            case "periodic-timer":
                _ = TickAsync(new PeriodicTimer(TimeSpan.FromHours(1)));
                break;
            case "own-resolving":
                AssemblyLoadContext.GetLoadContext(typeof(Plain).Assembly)!.Resolving += (_, _) => null;
                break;
            case "activity-listener":
                System.Diagnostics.ActivitySource.AddActivityListener(new() { ShouldListenTo = _ => Plain.Count < 0 });
                break;
            case "meter-listener":
                new MeterListener { InstrumentPublished = (_, _) => Plain.Count++ }.Start();
                break;
            case "event-listener":
                _ = new Listener();
                break;
            case "diagnostic-listener":
                System.Diagnostics.DiagnosticListener.AllListeners.Subscribe(new Observer());
                break;
            case "json":
                _ = JsonSerializer.Deserialize<Plain>(JsonSerializer.Serialize(new Plain { Name = "x" }));
                break;
            case "annotations":
                var plain = new Plain();
                System.ComponentModel.DataAnnotations.Validator.ValidateObject(plain, new(plain));
                break;
            case "TypeDescriptor":
                _ = TypeDescriptor.GetProperties(typeof(Plain)).Count + TypeDescriptor.GetConverter(typeof(Plain)).ToString()!.Length;
                break;
            case "thread":
                var release = Release;
                new Thread(() => Plain.Count += release.WaitOne() ? 1 : 0) { IsBackground = true }.Start();
                break;
            case "thread-then-handle":
                var handOver = Release;
                new Thread(() =>
                {
                    handOver.WaitOne();
                    GCHandle.Alloc(new Plain());
                    AppContext.SetData("leaks.handed-over", true);
                })
                { IsBackground = true }.Start();
                break;
            case "static-event":
                System.Diagnostics.Contracts.Contract.ContractFailed += OnContractFailed;
                break;
            case "gc-handle":
                GCHandle.Alloc(new Plain());
                break;
            case "static":
                AppContext.SetData($"leaks.{Guid.NewGuid():N}", new Plain());
                break;
            case "unloading-throws":
                AssemblyLoadContext.GetLoadContext(typeof(Plain).Assembly)!.Unloading += _ => throw new InvalidOperationException("Unloading says no");
                break;
            case "unloading-hangs":
                AssemblyLoadContext.GetLoadContext(typeof(Plain).Assembly)!.Unloading += _ => Release.WaitOne();
                break;
        }
    }

    private static async Task DelayAsync()
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromHours(1));
            Plain.Count++;
        }
    }

    private static async Task TickAsync(PeriodicTimer timer)
    {
        while (await timer.WaitForNextTickAsync())
        {
            Plain.Count++;
        }
    }

    private static void OnContractFailed(object? sender, System.Diagnostics.Contracts.ContractFailedEventArgs e) => Plain.Count++;

    private static void OnProcessExit(object? sender, EventArgs e) => Plain.Count++;

    private static ValueTask ManagedAsync(object connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken) =>
        Tell(output, () => Assembly.Load(Encoding.UTF8.GetString(input.Span)).GetName().Name!);

    private static ValueTask NativeAsync(object connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken) =>
        Tell(output, () => NativeLibrary.Load(Encoding.UTF8.GetString(input.Span), typeof(Plain).Assembly, null) == 0 ? "nothing" : "loaded");

    private static ValueTask Tell(IBufferWriter<byte> output, Func<string> ask)
    {
        string answer;
        try
        {
            answer = ask();
        }
        catch (Exception exception)
        {
            answer = $"{exception.GetType().Name}: {exception.Message}";
        }

        output.Write(Encoding.UTF8.GetBytes(answer));
        return default;
    }

    private static ValueTask ThrowAsync(object connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("thrown by an action");

    private static async ValueTask RegisterAsync(
        object connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var never = new TaskCompletionSource();
        cancellationToken.Register(() => throw new InvalidOperationException("thrown by a registration"));
        cancellationToken.Register(() => never.TrySetResult());
        await never.Task;
    }
}

/// <summary>A type to find in caches.</summary>
public sealed class Plain
{
    /// <summary>Counts something.</summary>
    public static int Count { get; set; }

    /// <summary>Anything.</summary>
    public string? Name { get; set; }
}

/// <summary>A generic type to hang on an event.</summary>
/// <typeparam name="T">Anything.</typeparam>
public sealed class Generic<T>
{
    /// <summary>Does nothing.</summary>
    public void OnProcessExit(object? sender, EventArgs e) => Plain.Count += typeof(T).Name.Length;
}

/// <summary>Listens to events.</summary>
public sealed class Listener : System.Diagnostics.Tracing.EventListener;

/// <summary>Listens to diagnostics.</summary>
public sealed class Observer : IObserver<System.Diagnostics.DiagnosticListener>
{
    /// <inheritdoc />
    public void OnCompleted()
    {
    }

    /// <inheritdoc />
    public void OnError(Exception error)
    {
    }

    /// <inheritdoc />
    public void OnNext(System.Diagnostics.DiagnosticListener value) => Plain.Count++;
}
