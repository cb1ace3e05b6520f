using System.Text.Json;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Loading;
using PluginRuntime.Tests.Running;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.Smtp;

public sealed class SmtpUnloadTests
{
    [Fact]
    public async Task Unload_UsedOnAServer_IsCollectedFiveTimes()
    {
        await using var server = new MailServer();
        await using var loads = new Loads();
        for (var round = 0; round < 5; round++)
        {
            var package = loads.Make(BuiltConnectors.Output("Smtp"));
            await UseAsync(loads, package, server);
            await loads.UntilCollectedAsync(package);
        }

        Assert.Equal(15, server.Messages.Count);
    }

    private static async Task UseAsync(Loads loads, Loads.Package package, MailServer server)
    {
        await using var share = await loads.AcquireAsync(package);
        var mail = JsonSerializer.Serialize(new
        {
            from = "a@example.com",
            to = new[] { "b@example.com" },
            subject = "Grüße",
            text = "x",
            html = "<p>x</p>",
            attachments = new[] { new { name = "ö.png", base64 = "AP8=" } },
        });
        await CallAsync("none", MailServer.Host, server.Port, NoCredentials.Instance);
        await CallAsync("starttls", "localhost", server.Port, new BasicCredentials(MailServer.Username, MailServer.Password));
        await CallAsync("implicit", "localhost", server.TlsPort, new BasicCredentials(MailServer.Username, MailServer.Password));

        Task<string> CallAsync(string tls, string host, int port, IConnectorCredentials credentials) => Loads.CallAsync(
            share, "send", mail, JsonSerializer.Serialize(new { tls, rootCertificate = server.CertificateFile }), host, port, credentials);
    }
}
