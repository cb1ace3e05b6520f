using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Management;

namespace PluginRuntime.Tests.Diagnostics;

public sealed class RedactionTests
{
    private const string Secret = "p\"a\\s/s+w%ö rd";

    [Fact]
    public void Apply_EverySpelling_IsTakenOut()
    {
        var utf8 = Encoding.UTF8.GetBytes(Secret);
        string[] spellings =
        [
            Secret, Uri.EscapeDataString(Secret), Uri.EscapeDataString(Secret).Replace("%C3%B6", "%c3%b6", StringComparison.Ordinal), WebUtility.UrlEncode(Secret),
            JsonSerializer.Serialize(Secret).Trim('"'), Convert.ToBase64String(utf8), System.Buffers.Text.Base64Url.EncodeToString(utf8),
            Convert.ToHexString(utf8), Convert.ToHexStringLower(utf8), Secret.ToUpperInvariant(),
        ];

        Assert.All(spellings, spelling => Assert.Equal("<***> and ***", Known(Secret).Apply($"<{spelling}> and {Secret}").Replace("=", "", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("ab")]
    [InlineData("Bearer ")]
    public void Apply_WithinBase64OfMore_LeavesAtMostItsEdges(string before)
    {
        const string Long = "0123456789abcdefghij";

        var text = Known(Long).Apply(Convert.ToBase64String(Encoding.UTF8.GetBytes(before + Long + "."))).Split("***");

        Assert.Equal(2, text.Length);
        Assert.True(text[1].TrimEnd('=').Length <= 3, text[1]);
        Assert.DoesNotContain("12", Encoding.Latin1.GetString(Convert.FromBase64String(text[0][..(text[0].Length / 4 * 4)])), StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_NothingSecretOrTooShort_LeavesTheText()
    {
        Assert.Equal("a short one", Known("short").Apply("a short one"));
        Assert.Equal("nothing", Known(Secret).Apply("nothing"));
        Assert.Equal("nothing", Redaction.None.Apply("nothing"));
    }

    [Fact]
    public void Apply_OneWithinOrAcrossAnother_LeavesNoRest()
    {
        Assert.Equal("(***)", Known("abcdef", "abcdefgh").Apply("(abcdefgh)"));
        Assert.Equal("(***)", Known("abcdefgh", "efghijkl").Apply("(abcdefghijkl)"));
        Assert.Equal("(******)", Known("abcdef").Apply("(abcdefabcdef)"));
    }

    [Fact]
    public void Apply_AcrossTheCut_LeavesNoBeginning()
    {
        for (var room = 1; room < 30; room++)
        {
            var text = Known("0123456789").Apply("0123456789" + new string('x', 15) + "0123456789", room);

            Assert.DoesNotContain('0', text);
            Assert.True(text.Length <= room + 1, text);
        }
    }

    [Fact]
    public void Apply_SecretsChange_KnowsTheNewOnes()
    {
        var secret = "first-one";
        var redaction = new Redaction(() => [secret]);
        Assert.Equal("*** second-one", redaction.Apply("first-one second-one"));

        secret = "second-one";

        Assert.Equal("first-one ***", redaction.Apply("first-one second-one"));
    }

    [Fact]
    public async Task Border_ConnectorTellsItsSecret_NothingOfItComesOut()
    {
        var connector = new ScriptedConnector
        {
            Act = (_, _) => throw new InvalidOperationException($"with {Secret}", new FormatException(Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)))),
            Open = () => throw new ConnectorException(ConnectorErrorKind.Auth, $"refused: {Secret}"),
        };
        var border = new Border("i", connector, new CallSettings(), Known(Secret), TimeProvider.System);
        var connection = new OpenConnection(new object(), new(TimeProvider.System, _ => { }), new(1024));

        var failure = await border.InvokeAsync(connection, "act", default, long.MaxValue, CancellationToken.None);
        var opening = await Assert.ThrowsAsync<ConnectorFailedException>(async () => await border.OpenAsync(CancellationToken.None));

        Assert.Contains("with *** <- System.FormatException: ***", failure!.Cause!.Message, StringComparison.Ordinal);
        Assert.Contains("refused: ***", opening.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BorderLogger_ConnectorTellsItsSecret_NothingOfItComesOut()
    {
        var inner = new Lines();
        var logger = new BorderLogger(inner, Known(Secret));

        using (logger.BeginScope($"scope {Secret}"))
        {
            logger.Log(LogLevel.Error, default, Secret, new InvalidOperationException(Secret), static (state, _) => $"state {state}");
        }

        Assert.Equal(["scope ***", "state *** (System.InvalidOperationException: ***)"], inner.Written);
    }

    private static Redaction Known(params string[] secrets) => new(() => secrets);

    private sealed class Lines : ILogger
    {
        internal List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            Written.Add(state.ToString()!);
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
