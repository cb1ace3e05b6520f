using System.Buffers;
using System.Runtime;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Sdk;

/// <summary>Handlers are compiled before a version takes calls. The test compares with a twin that nobody has declared.</summary>
public sealed class PreparationTests
{
    [Fact]
    public async Task Initialize_Handler_IsCompiledAndHasNotRun()
    {
        await InitializeAsync();

        Assert.Equal(0, Prepared.Runs);
        Assert.Equal(0, await CompiledByAsync(Prepared.AtOnceAsync));
        Assert.NotEqual(0, await CompiledByAsync(Prepared.AtOnceTwinAsync));
    }

    private static async Task<long> CompiledByAsync(Func<object, ReadOnlyMemory<byte>, IBufferWriter<byte>, CancellationToken, ValueTask> handler)
    {
        var output = new ArrayBufferWriter<byte>();
        var before = JitInfo.GetCompiledMethodCount(currentThread: true);
        var pending = handler(output, default, output, CancellationToken.None);
        var compiled = JitInfo.GetCompiledMethodCount(currentThread: true) - before;
        await pending;
        return compiled;
    }

    private static async Task InitializeAsync()
    {
        IConnector connector = new Prepared();
        await connector.InitializeAsync(new() { Instance = "p", Version = "1.0.0" }, CancellationToken.None);
    }

    private sealed class Prepared : Connector<object>
    {
        public Prepared() => RawAction("at-once", AtOnceAsync);

        // A field: an accessor would be compiled at its first use, too.
        internal static int Runs;

        internal static ValueTask AtOnceAsync(object connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
        {
            Runs++;
            return default;
        }

        internal static ValueTask AtOnceTwinAsync(object connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
        {
            Runs++;
            return default;
        }

        protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(new object());
    }
}
