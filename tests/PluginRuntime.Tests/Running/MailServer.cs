using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.ComponentModel;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace PluginRuntime.Tests.Running;

/// <summary>
/// A real SMTP server on free ports of 127.0.0.1 that keeps what it gets: one port with STARTTLS, one with TLS from the first byte. Whoever
/// logs in has to be <c>app</c>; nobody has to. What it says to senders, recipients and messages stands in their addresses and subjects:
/// <c>reply-451@…</c>. To <c>slow@…</c> it says nothing.
/// </summary>
internal sealed class MailServer : IMailboxFilter, IMailboxFilterFactory, IMessageStore, IMessageStoreFactory, IUserAuthenticator, IUserAuthenticatorFactory, IAsyncDisposable
{
    internal const string Username = "app";
    internal const string Password = "a pass=word;'";
    internal const int MaxSize = 5_000_000;

    private readonly CancellationTokenSource _stop = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("mail-").FullName;
    private readonly int[] _ports = ServerProcess.FreePorts(2);
    private readonly X509Certificate2 _certificate;
    private readonly Task _running;

    internal MailServer()
    {
        var (certificate, key) = TestCertificate.Make();
        File.WriteAllText(CertificateFile, certificate);
        using var made = X509Certificate2.CreateFromPem(certificate, key);
        _certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);

        var options = new SmtpServerOptionsBuilder()
            .ServerName("localhost")
            .MaxMessageSize(MaxSize)
            .Endpoint(builder => builder.Endpoint(new(IPAddress.Loopback, Port)).Certificate(_certificate).AllowUnsecureAuthentication(false))
            .Endpoint(builder => builder.Endpoint(new(IPAddress.Loopback, TlsPort)).IsSecure(true).Certificate(_certificate))
            .Build();
        var services = new ServiceProvider();
        services.Add((IMailboxFilterFactory)this);
        services.Add((IMessageStoreFactory)this);
        services.Add((IUserAuthenticatorFactory)this);
        _running = new SmtpServer.SmtpServer(options, services).StartAsync(_stop.Token);
    }

    internal static string Host => "127.0.0.1";

    internal int Port => _ports[0];

    internal int TlsPort => _ports[1];

    /// <summary>The authority that the server's certificate shows. It is for <c>localhost</c>.</summary>
    internal string CertificateFile => Path.Combine(_directory, "server.crt");

    internal ConcurrentQueue<Received> Messages { get; } = new();

    public Task<bool> CanAcceptFromAsync(ISessionContext context, IMailbox from, int size, CancellationToken cancellationToken) => Task.FromResult(Says(from.User));

    public Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken) =>
        to.User == "slow" ? NeverAsync(cancellationToken) : Task.FromResult(Says(to.User));

    public Task<SmtpResponse> SaveAsync(ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
    {
        var text = Encoding.Latin1.GetString(buffer.ToArray());
        if (text.Split("\r\n").FirstOrDefault(line => line.StartsWith("Subject: reply-", StringComparison.Ordinal)) is { } subject)
        {
            return Task.FromResult(new SmtpResponse((SmtpReplyCode)Code(subject["Subject: ".Length..]), "as asked"));
        }

        Messages.Enqueue(new(
            $"{transaction.From.User}@{transaction.From.Host}",
            [.. transaction.To.Select(to => $"{to.User}@{to.Host}")],
            text,
            context.Pipe.IsSecure,
            context.Authentication.IsAuthenticated ? context.Authentication.User : null));
        return Task.FromResult(SmtpResponse.Ok);
    }

    public Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken) =>
        Task.FromResult(user == Username && password == Password);

    public IMailboxFilter CreateInstance(ISessionContext context) => this;

    IMessageStore ISessionContextInstanceFactory<IMessageStore>.CreateInstance(ISessionContext context) => this;

    IUserAuthenticator ISessionContextInstanceFactory<IUserAuthenticator>.CreateInstance(ISessionContext context) => this;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _certificate.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<bool> NeverAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        return false;
    }

    private static bool Says(string user) =>
        user.StartsWith("reply-", StringComparison.Ordinal) ? throw new SmtpResponseException(new((SmtpReplyCode)Code(user), "as asked")) : true;

    private static int Code(string text) => int.Parse(text.AsSpan("reply-".Length, 3), CultureInfo.InvariantCulture);

    /// <param name="From">The envelope's sender.</param>
    /// <param name="To">The envelope's recipients.</param>
    /// <param name="Text">The message.</param>
    /// <param name="IsEncrypted">Whether it came over TLS.</param>
    /// <param name="User">Who had logged in; null for nobody.</param>
    internal sealed record Received(string From, string[] To, string Text, bool IsEncrypted, string? User);
}
