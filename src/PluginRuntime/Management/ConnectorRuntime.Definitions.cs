using PluginRuntime.Diagnostics;

namespace PluginRuntime.Management;

/// <summary>What comes from the state and from the file of instances while the runtime runs.</summary>
internal sealed partial class ConnectorRuntime
{
    /// <summary>Brings what was changed in the state into the runtime, by whichever host it was. The same may come again.</summary>
    private async Task ApplyAsync(StateChanges changes)
    {
        var state = changes.State;

        // First: instances may name them.
        foreach (var name in changes.IsWhole ? _stored.All.Select(credential => credential.Name).Union(state.Credentials.Keys).ToList() : changes.NamesOf(StateSubject.Credential))
        {
            await ApplyCredentialAsync(name, state.Credentials.GetValueOrDefault(name)).ConfigureAwait(false);
        }

        if (changes.IsWhole)
        {
            Registry.Replace(DefinitionOrigin.Api, state.Definitions.Select(pair => InstanceDefinition.Read(pair.Key, pair.Value)));
        }

        foreach (var name in changes.NamesOf(StateSubject.Instance))
        {
            Registry.Set(DefinitionOrigin.Api, name, state.Definitions.GetValueOrDefault(name) is { } definition ? InstanceDefinition.Read(name, definition) : null);
        }

        foreach (var (name, versions) in state.Versions)
        {
            Registry.Adopt(name, versions, changes.Revision);
        }

        _refreshTokens.Load(state.Tokens);
        if (changes.IsWhole || changes.NamesOf(StateSubject.Connector).Any())
        {
            await Manifests.RefreshAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void Apply(ConnectorsDocument document)
    {
        _named.Replace(DefinitionOrigin.File, document.Credentials);
        Registry.Replace(DefinitionOrigin.File, document.Definitions);

        // A credential may have changed under instances that stay as they are.
        Reconsider();
    }
}
