using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PluginRuntime.Tests.Plugins.Smtp;

/// <summary>What answers on a port the way a test says, as no good server would. One client at a time.</summary>
internal sealed class SmtpStub : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    internal SmtpStub(Func<Client, Task> talk)
    {
        _listener.Start();
        _running = RunAsync(talk);
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _running;
    }

    private async Task RunAsync(Func<Client, Task> talk)
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptTcpClientAsync(_stop.Token);
                await using var registration = _stop.Token.UnsafeRegister(static state => ((TcpClient)state!).Dispose(), socket);
                try
                {
                    await talk(new(socket));
                }
                catch (Exception exception) when (exception is IOException or ObjectDisposedException)
                {
                    // The client has gone.
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test has ended.
        }
    }

    internal sealed class Client(TcpClient socket)
    {
        private readonly StreamReader _reader = new(socket.GetStream(), Encoding.Latin1);

        internal Task SayAsync(string lines) => socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(lines)).AsTask();

        /// <returns>Null when the client has gone.</returns>
        internal Task<string?> HearAsync() => _reader.ReadLineAsync();

        /// <summary>Greets, says what it can, and answers 250, but 354 to DATA, until a command comes that begins with the given one.</summary>
        /// <returns>The line of that command; null when the client has gone.</returns>
        internal async Task<string?> ServeUntilAsync(string command, string abilities = "250 localhost\r\n")
        {
            await SayAsync("220 stub\r\n");
            while (await HearAsync() is { } line)
            {
                if (line.StartsWith(command, StringComparison.Ordinal))
                {
                    return line;
                }

                await SayAsync(line.StartsWith("EHLO", StringComparison.Ordinal) ? abilities : line == "DATA" ? "354 go\r\n" : "250 ok\r\n");
                while (line == "DATA" && await HearAsync() is { } text && text != ".")
                {
                    // The message.
                }
            }

            return null;
        }

        /// <summary>Reads a message to its end.</summary>
        internal async Task<bool> HearMessageAsync()
        {
            while (await HearAsync() is { } line)
            {
                if (line == ".")
                {
                    return true;
                }
            }

            return false;
        }

        /// <summary>Breaks the connection without a word.</summary>
        internal void Reset()
        {
            socket.Client.LingerState = new(enable: true, 0);
            socket.Close();
        }
    }
}
