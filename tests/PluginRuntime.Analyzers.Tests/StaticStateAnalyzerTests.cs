using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Analyzers.Tests;

public sealed class StaticStateAnalyzerTests
{
    [Fact]
    public async Task Member_ThatCanChange_IsReported() =>
        await Marked.CheckAsync(Rules.StaticState, Marked.Connector(
            """
            static int [|_calls|];
            [ThreadStatic] static int [|_ofThread|];
            internal static string [|Last|] { get; private set; } = "";
            static event Action? [|Happened|];
            internal static readonly List<int> [|All|] = [];
            internal static IDictionary<string, int> [|Table|] { get; } = new Dictionary<string, int>();
            internal static readonly string[] [|Names|] = ["a"];
            private static readonly System.Text.StringBuilder [|_text|] = new();
            private static readonly AsyncLocal<int> [|_flows|] = new();
            private static readonly System.Collections.Concurrent.ConcurrentQueue<int> [|_queue|] = new();
            private static readonly Dictionary<string, int> [|_written|] = [];
            private static readonly Dictionary<string, int> [|_indexed|] = [];
            private static readonly int[] [|_elements|] = new int[2];
            private static readonly List<int> [|_handedOut|] = [];
            private static readonly List<int> [|_returned|] = [];
            private static readonly int[] [|_byNested|] = new int[2];

            void Use()
            {
                _calls++;
                _ofThread++;
                Last = "a";
                Happened?.Invoke();
                _text.Append('a');
                _flows.Value = 1;
                _queue.Enqueue(1);
                _written.Add("a", 1);
                _indexed["a"] = 1;
                _elements[0]++;
                Take(_handedOut);
            }

            void Take(List<int> list) => list.Add(1);
            List<int> Give() => _returned;
            sealed class Nested { internal void Use() => _byNested[1] = 1; }
            """));

    [Fact]
    public async Task Member_ThatCannotChangeOrIsOnlyRead_IsNotReported() =>
        await Marked.CheckAsync(Rules.StaticState, Marked.Connector(
            """
            private const int Limit = 1;
            private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);
            private static readonly object _gate = new();
            internal static readonly System.Collections.Frozen.FrozenSet<int> Frozen = System.Collections.Frozen.FrozenSet.ToFrozenSet([1]);
            internal static readonly System.Collections.Immutable.ImmutableArray<int> Immutable = [1];
            internal static readonly IReadOnlyList<int> ReadOnly = [1];
            internal static readonly System.Collections.ObjectModel.ReadOnlyCollection<int> Wrapped = new([1]);
            internal static string Text { get; } = "";
            internal static int Computed => Limit;
            private static readonly HashSet<int> _numbers = [1, 2];
            private static readonly Dictionary<string, int> _table = Fill();
            private static readonly string[] _names = ["a"];
            private static readonly char[] _separators = [','];
            private static readonly Dictionary<string, int> _filledOnce;
            private static readonly byte[] _bytes = [1];
            private readonly List<int> _ofInstance = [];

            static SampleConnector()
            {
                _filledOnce = [];
                _filledOnce["a"] = 1;
            }

            static Dictionary<string, int> Fill() => new() { ["a"] = 1 };

            int Use(string text)
            {
                foreach (var name in _names) { _ofInstance.Add(name.Length); }
                ReadOnlySpan<byte> bytes = _bytes;
                string[] copy = [.. _names];
                lock (_gate) { }
                return _numbers.Contains(1) && _table.TryGetValue("a", out var value) && _names.Any(each => each == nameof(_names))
                    ? value + _table["a"] + _names[0].Length + text.Split(_separators).Length + _filledOnce.Count + Array.IndexOf(_names, "a") + bytes.Length + copy.Length + _pause.Seconds
                    : Sum(_numbers);
            }

            static int Sum(IEnumerable<int> numbers) => numbers.Sum();
            sealed class Nested { internal int Use() => _bytes.Length + _bytes[0]; }
            """));

    [Fact]
    public async Task Member_OfAnAssemblyWithoutAConnector_IsNotReported() =>
        Assert.Empty(await SourceProject.Of("public static class C { public static int A; public static async void Do() => await Task.Delay(1, CancellationToken.None); }").ReportsAsync());

    [Theory]
    [InlineData("static int [|_a|] = 1; int Use() => _a;", "static readonly int _a = 1;")]
    [InlineData("internal static string [|A|] = \"\"; static SampleConnector() { A = \"b\"; }", "internal static readonly string A")]
    public async Task Field_ThatNobodyWrites_IsMended(string member, string mended) =>
        Assert.Contains(mended, await Marked.FixedAsync(Rules.StaticState, Marked.Connector(member)), StringComparison.Ordinal);

    [Theory]
    [InlineData("static int [|_a|]; void Use() => _a++;")]
    [InlineData("static int [|_a|]; void Use() => Interlocked.Increment(ref _a);")]
    [InlineData("static int [|_a|]; void Use() => (_a, _) = (1, 2);")]
    [InlineData("static string? [|_a|]; string Use() => _a ??= \"\";")]
    [InlineData("static SpinLock [|_a|]; void Use() => _a.Exit();")]
    [InlineData("static List<int> [|_a|] = []; int Use() => _a.Count;")]
    [InlineData("static volatile int [|_a|]; int Use() => _a;")]
    public async Task Field_ThatIsWrittenOrWouldStillChange_HasNoFix(string member) =>
        await Marked.HasNoFixAsync(Rules.StaticState, Marked.Connector(member));
}
