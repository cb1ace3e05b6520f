using MailKit.Net.Smtp;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Smtp;

/// <summary>One session with the server. It serves one call at a time.</summary>
public sealed class SmtpSession : IAsyncDisposable
{
    /// <summary>How long a server may take to say goodbye.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    private readonly SubmissionClient _client;
    private readonly Stream _stream;
    private readonly TimeProvider _timeProvider;
    private bool _isBroken;

    internal SmtpSession(SubmissionClient client, Stream stream, TimeProvider timeProvider)
    {
        _client = client;
        _stream = stream;
        _timeProvider = timeProvider;
    }

    /// <summary>Ends the session. Does not wait for a server that does not answer.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isBroken && _client.IsConnected)
        {
            using var bound = new CancellationTokenSource(_patience, _timeProvider);
            try
            {
                await _client.DisconnectAsync(quit: true, bound.Token);
            }
            catch (Exception exception) when (SmtpFailure.IsOfServer(exception))
            {
                // It is gone, which is what was wanted.
            }
        }

        _client.Dispose();
        await _stream.DisposeAsync();
    }

    /// <summary>One round trip.</summary>
    internal Task PingAsync(CancellationToken cancellationToken) => RunAsync(() => _client.NoOpAsync(cancellationToken), () => false, cancellationToken);

    internal async Task<SendOutput> SendAsync(Mail mail, CancellationToken cancellationToken)
    {
        if (_client.MaxSize > 0 && mail.Size > _client.MaxSize)
        {
            throw SmtpFailure.Input($"The message has {mail.Size} bytes, and the server takes {_client.MaxSize}.");
        }

        await RunAsync(
            async () =>
            {
                try
                {
                    await _client.SendAsync(mail, cancellationToken);
                }
                catch (SmtpCommandException failure) when (failure.ErrorCode == SmtpErrorCode.MessageNotAccepted && _client is { Accepted.Count: 0, Refused.Count: > 0 })
                {
                    throw SmtpFailure.OfRecipients(_client.Refused);
                }
            },
            () => mail.IsWritten,
            cancellationToken);
        return new(mail.Message.MessageId!, [.. _client.Accepted], [.. _client.Refused]);
    }

    /// <exception cref="ConnectorException">The work failed.</exception>
    private async Task RunAsync(Func<Task> work, Func<bool> wasSent, CancellationToken cancellationToken)
    {
        if (_isBroken || !_client.IsConnected)
        {
            throw new ConnectorException(ConnectorErrorKind.Unavailable, "The connection was lost before.", wasSent: false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await work();
        }
        catch (Exception exception) when (SmtpFailure.IsOfServer(exception))
        {
            _isBroken |= exception is not (MailKit.CommandException or MailKit.ServiceNotAuthenticatedException) || !_client.IsConnected;
            cancellationToken.ThrowIfCancellationRequested();
            throw SmtpFailure.Of(exception, wasSent());
        }
        catch (NotSupportedException exception)
        {
            throw SmtpFailure.Input($"The server cannot take such a message: {exception.Message}");
        }
    }
}
