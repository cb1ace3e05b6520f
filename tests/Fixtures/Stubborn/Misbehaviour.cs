using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using PluginRuntime.Sdk;

namespace Fixtures.Stubborn;

/// <summary>What no connector should do.</summary>
internal static class Misbehaviour
{
    /// <summary>Secrets in the ways that get into messages by accident.</summary>
    internal static string Spell(params string?[] secrets)
    {
        var text = new StringBuilder();
        foreach (var secret in secrets.OfType<string>())
        {
            text.Append(secret).Append(" | ").Append(Uri.EscapeDataString(secret)).Append(" | ").Append(WebUtility.UrlEncode(secret)).Append(" | ")
                .Append(JsonSerializer.Serialize(secret, StubbornJson.Default.String)).Append(" | ").Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)))
                .Append(" | ").Append(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret))).Append(" | ");
        }

        return text.ToString();
    }

    internal static void Say(string how, string text, ILogger logger)
    {
        switch (how)
        {
            case "throw":
                throw new InvalidOperationException(text);
            case "nest":
                throw new InvalidOperationException("outer", new FormatException(text));
            case "connector":
                throw new ConnectorException(ConnectorErrorKind.Conflict, text);
            case "log":
                logger.LogWarning(new InvalidOperationException(text), "It logs {What}", text);
                break;
            case "scope":
                using (logger.BeginScope(text))
                {
                    logger.LogInformation("In a scope");
                }

                break;
            case "thread":
                var thread = new Thread(() => throw new InvalidOperationException(text)) { IsBackground = true };
                thread.Start();
                thread.Join();
                break;
        }
    }

    internal static async ValueTask<Done> DoAsync(string how, string version)
    {
        switch (how)
        {
            case "timer":
                var timer = new Timer(_ => throw new InvalidOperationException("thrown by a timer"), null, 1, Timeout.Infinite);
                GC.KeepAlive(timer);
                break;
            case "thread":
                new Thread(() => throw new InvalidOperationException("thrown by a thread")) { IsBackground = true }.Start();
                break;
            case "async-void":
                ThrowLater();
                break;
            case "deaf":
                await new TaskCompletionSource().Task;
                break;
        }

        return new(version);
    }

    internal static ValueTask FloodAsync(
        StubbornConnection connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var part = new byte[1 << 20];
        part.AsSpan().Fill((byte)' ');
        for (var count = 0; count < 100; count++)
        {
            output.Write(part);
        }

        output.Write("{}"u8);
        return default;
    }

    private static async void ThrowLater()
    {
        await Task.Delay(1);
        throw new InvalidOperationException("thrown by an async void");
    }
}
