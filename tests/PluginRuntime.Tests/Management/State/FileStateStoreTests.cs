using System.Text;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management.State;

public sealed class FileStateStoreTests : IDisposable
{
    private static readonly PackageIdentity _package = new("probe", SemanticVersion.Parse("1.2.3-rc.1"), new string('a', 64));

    private readonly string _root = Directory.CreateTempSubdirectory("state-").FullName;

    private string State => Path.Combine(_root, "state");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Save_BothParts_AreThereAfterwards()
    {
        var versions = new VersionState
        {
            Current = _package,
            Previous = _package with { Id = "b" },
            Hold = _package with { Id = "c" },
            Quarantine = [new(_package with { Id = "d" }, "load.bad-image", "Why.", new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))],
        };
        using (var store = await OpenAsync())
        {
            await store.SaveDefinitionAsync("a", new(7, "{}"u8.ToArray(), true), StateWrite.Plain, CancellationToken.None);
            await store.SaveVersionsAsync("a", _ => versions, CancellationToken.None);
            await store.SaveVersionsAsync("other", _ => VersionState.Empty, CancellationToken.None);
        }

        using var again = new FileStateStore(State);
        var state = await again.LoadAsync(CancellationToken.None);

        var definition = Assert.Single(state.Definitions);
        Assert.Equal(("a", 7, true, "{}"), (definition.Key, definition.Value.Revision, definition.Value.IsTrusted, System.Text.Encoding.UTF8.GetString(definition.Value.Config.Span)));
        Assert.Equal(["a", "other"], state.Versions.Keys.Order());
        Assert.Equal((versions.Current, versions.Previous, versions.Hold), (state.Versions["a"].Current, state.Versions["a"].Previous, state.Versions["a"].Hold));
        Assert.Equal(versions.Quarantine, state.Versions["a"].Quarantine);
    }

    [Fact]
    public async Task Save_DefinitionDeleted_TakesWhatWasDecidedWithIt()
    {
        using var store = await OpenAsync();
        await store.SaveDefinitionAsync("a", new(1, "{}"u8.ToArray(), false), StateWrite.Plain, CancellationToken.None);
        await store.SaveVersionsAsync("a", _ => VersionState.Empty with { Current = _package }, CancellationToken.None);

        await store.SaveVersionsAsync("a", null, CancellationToken.None);
        using (var between = new FileStateStore(State))
        {
            Assert.Equal(_package, (await between.LoadAsync(CancellationToken.None)).Versions["a"].Current);
        }

        await store.SaveDefinitionAsync("a", null, StateWrite.Plain, CancellationToken.None);
        Assert.Empty(Directory.EnumerateFileSystemEntries(State));
    }

    [Fact]
    public async Task Save_BasedOnSomethingOlder_IsAConflictAndChangesNothing()
    {
        using var store = await OpenAsync();
        await store.SaveDefinitionAsync("a", new(1, "{}"u8.ToArray(), false), new(Known: 0), CancellationToken.None);
        await store.SaveDefinitionAsync("b", new(1, "{}"u8.ToArray(), false), new(Known: 0), CancellationToken.None);
        await Assert.ThrowsAsync<StateConflictException>(() => store.SaveDefinitionAsync("a", null, new(Known: 0), CancellationToken.None));

        var changes = await store.ReadChangesAsync(1, CancellationToken.None);
        Assert.Equal((2, "b"), (changes.Revision, Assert.Single(changes.Changes).Name));
        Assert.Equal(["b"], changes.State.Definitions.Keys);
        Assert.Equal(["a", "b"], (await store.ReadChangesAsync(0, CancellationToken.None)).State.Definitions.Keys.Order());
    }

    [Theory]
    [InlineData("../victim")]
    [InlineData("a/../../victim")]
    [InlineData("")]
    public async Task Save_NameIsAPath_IsRefusedAndTouchesNothing(string name)
    {
        using var store = await OpenAsync();
        var victim = Path.Combine(_root, "victim.json");
        await File.WriteAllTextAsync(victim, "mine");

        await Assert.ThrowsAsync<ArgumentException>(() => store.SaveVersionsAsync(name, null, CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentException>(() => store.SaveVersionsAsync(name, _ => VersionState.Empty, CancellationToken.None));

        Assert.Equal("mine", await File.ReadAllTextAsync(victim));
    }

    [Fact]
    public async Task Save_Files_AreReadableByTheirOwnerOnly()
    {
        using var store = await OpenAsync();
        await store.SaveVersionsAsync("a", _ => VersionState.Empty, CancellationToken.None);

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(State, "a.json")));
        }
    }

    [Fact]
    public async Task Save_DirectoryIsGone_FailsAndCanBeTriedAgain()
    {
        using var store = await OpenAsync();
        Directory.Delete(State);

        await Assert.ThrowsAsync<StateException>(() => store.SaveVersionsAsync("a", _ => VersionState.Empty, CancellationToken.None));

        Directory.CreateDirectory(State);
        await store.SaveVersionsAsync("a", _ => VersionState.Empty, CancellationToken.None);
        Assert.Single(Directory.EnumerateFiles(State));
    }

    [Fact]
    public async Task Load_BrokenFile_SaysSo()
    {
        Directory.CreateDirectory(State);
        await File.WriteAllTextAsync(Path.Combine(State, "a.json"), "{ broken");

        using var store = new FileStateStore(State);

        Assert.Equal("state.failed", (await Assert.ThrowsAsync<StateException>(() => store.LoadAsync(CancellationToken.None))).Code);
    }

    [Fact]
    public async Task Load_UnfinishedWrite_IsNoState()
    {
        Directory.CreateDirectory(State);
        await File.WriteAllTextAsync(Path.Combine(State, ".a.json.0123ABCD.unfinished"), "{ half");

        using var store = new FileStateStore(State);

        Assert.Empty((await store.LoadAsync(CancellationToken.None)).Versions);
    }

    [Fact]
    public async Task Save_Secrets_AreSealedAndComeBack()
    {
        using (var store = await OpenAsync())
        {
            await store.SaveDefinitionAsync("a", new(1, Encoding.UTF8.GetBytes("""{"x":"canary-1"}"""), true), StateWrite.Plain, CancellationToken.None);
            await store.SaveTokensAsync("instance.a", Encoding.UTF8.GetBytes("canary-2"), StateWrite.Plain, CancellationToken.None);
            await store.SaveTokensAsync("instance.b", Encoding.UTF8.GetBytes("canary-3"), StateWrite.Plain, CancellationToken.None);
            await store.SaveTokensAsync("instance.b", null, StateWrite.Plain, CancellationToken.None);
        }

        await File.WriteAllTextAsync(Path.Combine(State, "planted"), "canary-4");
        var found = Directory.EnumerateFiles(State, "*", SearchOption.AllDirectories)
            .Where(path => Holds(path, "canary") || Holds(path, Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"x":"canary-1""")))).Select(Path.GetFileName);
        Assert.Equal(["planted"], found);
        using var again = await OpenAsync();
        var state = await new FileStateStore(State).LoadAsync(CancellationToken.None);
        Assert.Equal("""{"x":"canary-1"}""", Encoding.UTF8.GetString(state.Definitions["a"].Config.Span));
        Assert.Equal("canary-2", Encoding.UTF8.GetString(Assert.Single(state.Tokens).Value.Span));
    }

    [Fact]
    public async Task Load_WrittenUnsealed_IsSealedNow()
    {
        Directory.CreateDirectory(State);
        var plain = Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"x":"canary"}"""));
        await File.WriteAllTextAsync(Path.Combine(State, "a.json"), $$"""{"config":"{{plain}}","revision":3,"isTrusted":true}""");

        using (await OpenAsync())
        {
            Assert.False(Holds(Path.Combine(State, "a.json"), plain));
        }

        using var store = new FileStateStore(State);
        var definition = (await store.LoadAsync(CancellationToken.None)).Definitions["a"];
        Assert.Equal((3, true, """{"x":"canary"}"""), (definition.Revision, definition.IsTrusted, Encoding.UTF8.GetString(definition.Config.Span)));
    }

    [Fact]
    public async Task Load_KeyIsMissingOrAnother_SaysSoAndMakesNone()
    {
        using (var store = await OpenAsync())
        {
            await store.SaveDefinitionAsync("a", new(1, "{}"u8.ToArray(), true), StateWrite.Plain, CancellationToken.None);
        }

        var keyFile = Path.Combine(_root, "seal.key");
        File.Delete(keyFile);
        Assert.Equal("seal.key-missing", (await Assert.ThrowsAsync<SealException>(OpenAsync)).Code);
        Assert.False(File.Exists(keyFile));

        using (var other = new FileStateStore(Path.Combine(_root, "other")))
        {
            await other.LoadAsync(CancellationToken.None);
        }

        Assert.Equal("seal.key-missing", (await Assert.ThrowsAsync<SealException>(OpenAsync)).Code);
    }

    [Fact]
    public async Task SaveCredential_ThenLoadByAnother_FindsItAndHidesIt()
    {
        const string Json = """{"apiKey":"canary","connectors":["c"],"hosts":["a.example"],"type":"api_key"}""";
        using (var store = await OpenAsync())
        {
            await store.SaveCredentialAsync("crm", new(3, Encoding.UTF8.GetBytes(Json), true), StateWrite.Plain, CancellationToken.None);
            await store.SaveCredentialAsync("gone", new(1, Encoding.UTF8.GetBytes(Json), false), StateWrite.Plain, CancellationToken.None);
            await store.SaveCredentialAsync("gone", null, StateWrite.Plain, CancellationToken.None);
            await store.SaveCredentialAsync("gone", null, StateWrite.Plain, CancellationToken.None);
        }

        Assert.DoesNotContain(Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories), path => Holds(path, "canary"));
        using var again = await OpenAsync();
        var (name, credential) = Assert.Single(await again.LoadCredentialsAsync(CancellationToken.None));
        Assert.Equal(("crm", 3, true, Json), (name, credential.Revision, credential.IsTrusted, Encoding.UTF8.GetString(credential.Json.Span)));

        // A store that holds nothing else needs its key as well.
        File.Delete(Path.Combine(_root, "seal.key"));
        Assert.Equal("seal.key-missing", (await Assert.ThrowsAsync<SealException>(OpenAsync)).Code);
    }

    [Fact]
    public async Task Load_WithTheOldKeyBesideANewOne_SealsAnew()
    {
        var (old, current) = (Path.Combine(_root, "seal.key"), Path.Combine(_root, "next.key"));
        using (var store = await OpenAsync())
        {
            await store.SaveDefinitionAsync("a", new(1, "{}"u8.ToArray(), true), StateWrite.Plain, CancellationToken.None);
            await store.SaveTokensAsync("instance.a", "t"u8.ToArray(), StateWrite.Plain, CancellationToken.None);
            await store.SaveCredentialAsync("crm", new(1, Encoding.UTF8.GetBytes("""{"apiKey":"k"}"""), true), StateWrite.Plain, CancellationToken.None);
        }

        _ = SealKeyFile.Create(current);
        using (var both = new FileStateStore(State, current, [old]))
        {
            await both.LoadAsync(CancellationToken.None);
        }

        File.Delete(old);
        using var alone = new FileStateStore(State, current);
        var state = await alone.LoadAsync(CancellationToken.None);
        Assert.Equal((1, 1, 1), (state.Definitions.Count, state.Tokens.Count, (await alone.LoadCredentialsAsync(CancellationToken.None)).Count));
    }

    private static bool Holds(string path, string text) => File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    private async Task<FileStateStore> OpenAsync()
    {
        var store = new FileStateStore(State);
        await store.LoadAsync(CancellationToken.None);
        return store;
    }
}
