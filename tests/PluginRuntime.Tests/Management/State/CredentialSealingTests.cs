using System.Text;
using System.Text.Json.Nodes;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.State;

public sealed class CredentialSealingTests
{
    private const string Credential =
        """{"clientId":"i","clientSecret":"canary-1","connectors":["c"],"hosts":["a.example"],"refreshToken":"canary-2","tokenUrl":"https://a.example/","type":"oauth"}""";

    private readonly StateSeal _seal = new(Key(1), []);

    [Fact]
    public void Seal_Secrets_AreSealedOneByOneAndTheRestIsPlain()
    {
        var stored = _seal.Stored("acme/crm");

        var text = Encoding.UTF8.GetString(stored);
        Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
        Assert.Contains("\"hosts\":[\"a.example\"]", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split("$sealed").Length - 1);
        Assert.Equal(Credential, Encoding.UTF8.GetString(CredentialSealing.Unseal(_seal, "acme/crm", stored)));
    }

    /// <summary>Whoever may write to the store and has no key.</summary>
    [Theory]
    [InlineData("another credential")]
    [InlineData("another org")]
    [InlineData("another field")]
    [InlineData("another host")]
    [InlineData("another token server")]
    [InlineData("another type")]
    [InlineData("one more field")]
    [InlineData("no base64")]
    public void Unseal_ChangedInTheStore_IsRefused(string what)
    {
        var stored = JsonNode.Parse(_seal.Stored("acme/crm"))!.AsObject();
        var name = what switch { "another credential" => "acme/other", "another org" => "other/crm", _ => "acme/crm" };
        switch (what)
        {
            case "another field":
                (stored["clientSecret"], stored["refreshToken"]) = (stored["refreshToken"]!.DeepClone(), stored["clientSecret"]!.DeepClone());
                break;
            case "another host":
                stored["hosts"] = new JsonArray("evil.example");
                break;
            case "another token server":
                stored["tokenUrl"] = "https://evil.example/";
                break;
            case "another type":
                stored["type"] = "bearer";
                break;
            case "one more field":
                stored["scopes"] = "all";
                break;
            case "no base64":
                stored["clientSecret"] = new JsonObject { ["$sealed"] = "?" };
                break;
        }

        var bytes = Encoding.UTF8.GetBytes(stored.ToJsonString());
        Assert.Equal("seal.broken", Assert.Throws<SealException>(() => CredentialSealing.Unseal(_seal, name, bytes)).Code);
    }

    [Fact]
    public void Reseal_WithAnotherKey_OpensWithThatOneAlone()
    {
        var stored = _seal.Stored("crm");
        var next = new StateSeal(Key(2), [Key(1)]);

        var resealed = CredentialSealing.Reseal(next, "crm", stored);

        Assert.NotNull(resealed);
        Assert.Equal(Credential, Encoding.UTF8.GetString(CredentialSealing.Unseal(new(Key(2), []), "crm", resealed)));
        Assert.Null(CredentialSealing.Reseal(next, "crm", resealed));
        Assert.Equal("seal.key-missing", Assert.Throws<SealException>(() => CredentialSealing.Unseal(_seal, "crm", resealed)).Code);
    }

    internal static SealKey Key(byte fill) => new([.. Enumerable.Repeat(fill, SealKey.Bytes)], $"key {fill}");
}

file static class Sealing
{
    internal static byte[] Stored(this StateSeal seal, string name) => CredentialSealing.Seal(
        seal,
        name,
        Encoding.UTF8.GetBytes("""{"type":"oauth","clientId":"i","clientSecret":"canary-1","refreshToken":"canary-2","tokenUrl":"https://a.example/","connectors":["c"],"hosts":["a.example"]}"""));
}
