using System.Net;
using System.Net.Sockets;
using PluginRuntime.Egress;

namespace PluginRuntime.Tests.Egress;

public sealed class EgressTests
{
    /// <summary>Ways to write an address that is not public, as the host of a URL.</summary>
    public static TheoryData<string> Forbidden =>
    [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.255.255.254", "0.0.0.0", "0", "0.1.2.3",
        "10.0.0.1", "10.255.255.255", "0xa.0.0.1", "167772161", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "0300.0250.0.1", "3232235521",
        "169.254.169.254", "169.254.0.1", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1",
        "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]", "[100::1]", "[2001::1]", "[2001:db8::1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]",
        "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%251]", "[fec0::1]", "[ff02::1]", "[3fff::1]", "[4000::1]", "[5f00::1]",
    ];

    [Theory]
    [MemberData(nameof(Forbidden))]
    public async Task Connect_NotPublic_IsForbidden(string host)
    {
        var gate = new EgressGate(Policy());
        var url = new Uri($"http://{host}:8080/");

        // As an HTTP client does it, which knows all these spellings.
        var refused = await Assert.ThrowsAsync<EgressException>(() => gate.ResolveAsync(url.IdnHost, CancellationToken.None));

        Assert.Equal("egress.forbidden", refused.Code);
    }

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.32.0.1")]
    [InlineData("172.15.255.255")]
    [InlineData("100.63.255.255")]
    [InlineData("198.20.0.1")]
    [InlineData("[2606:4700:4700::1111]")]
    [InlineData("[64:ff9b::101:101]")]
    [InlineData("[::ffff:1.1.1.1]")]
    public async Task Connect_Public_IsAllowed(string host) =>
        Assert.Single(await new EgressGate(Policy()).ResolveAsync(host, CancellationToken.None));

    [Theory]
    [InlineData("localhost", "127.0.0.1", false)]
    [InlineData("innocent.example", "127.0.0.1", false)]
    [InlineData("innocent.example", "10.1.2.3", false)]
    [InlineData("innocent.example", "10.9.2.3", true)]
    [InlineData("innocent.example", "1.1.1.1", true)]
    [InlineData("api.internal", "10.1.2.3", true)]
    [InlineData("API.Internal.", "10.1.2.3", true)]
    [InlineData("api.internal.evil.example", "10.1.2.3", false)]
    [InlineData("xapi.internal", "10.1.2.3", false)]
    [InlineData("db.corp.example", "192.168.7.7", true)]
    [InlineData("a.db.corp.example", "192.168.7.7", true)]
    [InlineData("corp.example", "192.168.7.7", false)]
    [InlineData("evilcorp.example", "192.168.7.7", false)]
    [InlineData("innocent.example", "::ffff:10.9.0.1", true)]
    [InlineData("innocent.example", "fd12::7", true)]
    [InlineData("innocent.example", "fd12::8", false)]
    public async Task Connect_ByName_CountsWhereItLeads(string host, string address, bool isAllowed)
    {
        var gate = Gate(Policy("api.internal", "*.corp.example", "10.9.0.0/16", "fd12::7"), address);

        var failure = await Record.ExceptionAsync(() => gate.ResolveAsync(host, CancellationToken.None));

        Assert.Equal(isAllowed ? null : "egress.forbidden", (failure as EgressException)?.Code);
        Assert.Equal(isAllowed, failure is null);
    }

    [Fact]
    public async Task Connect_NameLeadsToBoth_GoesToTheAllowedOnesOnly()
    {
        var gate = Gate(Policy(), "127.0.0.1", "1.1.1.1", "::1");

        Assert.Equal([IPAddress.Parse("1.1.1.1")], await gate.ResolveAsync("mixed.example", CancellationToken.None));
    }

    [Fact]
    public async Task Connect_NameChangesMeanwhile_GoesWhereItWasChecked()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var answers = new Queue<string>(["127.0.0.2", "127.0.0.1"]);
        var gate = new EgressGate(Policy("127.0.0.2"), (_, _) => Task.FromResult(new[] { IPAddress.Parse(answers.Dequeue()) }));

        // Nobody listens there; a second look at the name would have led to who does.
        await Assert.ThrowsAsync<SocketException>(async () => await gate.ConnectAsync("rebinding.example", port, CancellationToken.None));

        Assert.Single(answers);
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task Connect_Allowed_IsConnected()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        await using var open = await new EgressGate(EgressPolicy.Open).ConnectAsync("localhost", port, CancellationToken.None);
        await using var allowed = await new EgressGate(Policy("127.0.0.1")).ConnectAsync("127.0.0.1", port, CancellationToken.None);

        Assert.True(open.CanWrite && allowed.CanWrite);
        await Assert.ThrowsAsync<EgressException>(async () => await new EgressGate(Policy()).ConnectAsync("127.0.0.1", port, CancellationToken.None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0/33")]
    [InlineData("https://api.internal")]
    [InlineData("api internal")]
    [InlineData("*")]
    [InlineData("a.*.b")]
    [InlineData("host:80")]
    public void TryCreate_NoEntry_TellsWhich(string entry)
    {
        Assert.False(EgressPolicy.TryCreate(["10.0.0.0/8", entry], out _, out var error));
        Assert.Contains($"'{entry}'", error, StringComparison.Ordinal);
    }

    private static EgressPolicy Policy(params string[] allowed) => EgressPolicy.TryCreate(allowed, out var policy, out var error) ? policy : throw new ArgumentException(error);

    private static EgressGate Gate(EgressPolicy policy, params string[] addresses) =>
        new(policy, (_, _) => Task.FromResult(Array.ConvertAll(addresses, IPAddress.Parse)));
}
