using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using PluginRuntime.Sdk;

namespace Fixtures.SideBySide;

/// <summary>Tells which versions of its managed and of its native dependency it got.</summary>
[Connector("side-by-side", Category = "test")]
public sealed partial class SideBySideConnector : Connector<object>
{
    /// <summary>Declares the action.</summary>
    public SideBySideConnector() => RawAction("versions", VersionsAsync, new() { Idempotent = true });

    /// <inheritdoc />
    protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(new object());

    private static ValueTask VersionsAsync(
        object connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var managed = typeof(Newtonsoft.Json.JsonConvert).Assembly.GetName().Version;
        var native = Marshal.PtrToStringUTF8(sqlite3_libversion());
        output.Write(Encoding.UTF8.GetBytes($$"""{"managed":"{{managed}}","native":"{{native}}"}"""));
        return default;
    }

    [LibraryImport("e_sqlite3")]
    private static partial nint sqlite3_libversion();
}
