using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Cli.Desired;

/// <summary>
/// What has to be changed so that a host has what a file wants, each change tried first without being made. What rests on another change of
/// the same plan, and is refused without it, is tried when its turn comes.
/// </summary>
internal sealed class DesiredPlan
{
    private readonly HostClient _client;
    private readonly HostState _there;
    private readonly DesiredState _wanted;
    private readonly List<DesiredChange> _changes = [];
    private readonly List<string> _errors = [];

    // By kind and name, refused ones too.
    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);

    private DesiredPlan(HostClient client, HostState there, DesiredState wanted) => (_client, _there, _wanted) = (client, there, wanted);

    /// <param name="client">The host.</param>
    /// <param name="wanted">What is wanted, with its secrets.</param>
    /// <param name="isPruned">Whether what the file does not name goes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The changes, in the order to make them in.</returns>
    /// <exception cref="CommandException">The host refuses some of it; all refusals are told.</exception>
    internal static async Task<IReadOnlyList<DesiredChange>> MakeAsync(HostClient client, DesiredState wanted, bool isPruned, CancellationToken cancellationToken)
    {
        var plan = new DesiredPlan(client, await HostState.ReadAsync(client, cancellationToken), wanted);
        await plan.AddConnectorsAsync(cancellationToken);
        await plan.AddSharingAsync(isPruned, cancellationToken);
        await plan.AddEntriesAsync("credential", "/" + DesiredState.CredentialsKey, wanted.Credentials, plan._there.Credentials, cancellationToken);
        await plan.AddEntriesAsync("instance", "/" + DesiredState.InstancesKey, wanted.Instances, plan._there.Instances, cancellationToken);
        if (isPruned)
        {
            await plan.PruneAsync(cancellationToken);
        }

        return plan._errors.Count == 0 ? plan._changes : throw new CommandException(ExitCode.Failed, [.. plan._errors, "Nothing was changed."]);
    }

    private async Task AddConnectorsAsync(CancellationToken cancellationToken)
    {
        foreach (var connector in _wanted.Connectors ?? [])
        {
            var registered = _there.Connectors.Where(other => other.Id == connector.Id).ToList();
            if (registered.Find(other => other.Version.CompareTo(connector.Version) == 0) is { } same)
            {
                if (JsonDifference.Between(same.Manifest, connector.Manifest) is { Count: > 0 } pointers)
                {
                    _errors.Add($"connector {connector.Name}: It is registered with another content ({string.Join(' ', pointers)}). A version never changes: raise its version.");
                }

                continue;
            }

            // Of a connector that is not there each version can be tried as the first one only.
            var body = (byte[])[.. "{\"manifest\":"u8, .. JsonSerializer.SerializeToUtf8Bytes(connector.Manifest), .. "}"u8];
            var isFirst = registered.Count == 0;
            var register = new DesiredChange("create", "connector", connector.Name, HttpMethod.Post, "api/connectors/register", body);
            var update = register with { Method = HttpMethod.Put, Path = $"api/connectors/{PathSegment.Of(connector.Id)}" };
            await TryAsync(isFirst ? register : update, null, cancellationToken);
            _changes.Add(_touched.Add($"connector {connector.Id}") && isFirst ? register : update);
        }
    }

    private async Task AddSharingAsync(bool isPruned, CancellationToken cancellationToken)
    {
        var wanted = _wanted.Sharing ?? [];
        var surplus = isPruned && _wanted.Sharing is not null ? _there.Sharing.Keys.Except(wanted.Keys, StringComparer.Ordinal) : [];
        foreach (var (id, orgs) in wanted.Concat(surplus.Select(id => KeyValuePair.Create(id, new JsonArray()))))
        {
            if (Sorted(orgs).SequenceEqual(Sorted(_there.Sharing.GetValueOrDefault(id) ?? []), StringComparer.Ordinal))
            {
                continue;
            }

            var isThere = _there.Connectors.Any(connector => connector.Id == id);
            if (!isThere && _wanted.Connectors?.Any(connector => connector.Id == id) != true)
            {
                _errors.Add($"sharing {id}: There is no connector '{id}', on the host or in the file.");
                continue;
            }

            var body = JsonSerializer.SerializeToUtf8Bytes(new { orgs });
            var share = new DesiredChange("update", "sharing", id, HttpMethod.Put, $"api/connectors/{PathSegment.Of(id)}/sharing", body);
            if (isThere)
            {
                await TryAsync(share, null, cancellationToken);
            }

            _changes.Add(share);
        }

        static IEnumerable<string> Sorted(JsonArray orgs) => orgs.Select(org => org?.ToString() ?? "").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
    }

    private async Task AddEntriesAsync(
        string kind, string pointer, SortedDictionary<string, JsonObject>? wanted, SortedDictionary<string, HostEntry> there, CancellationToken cancellationToken)
    {
        foreach (var (name, config) in wanted ?? [])
        {
            var current = there.GetValueOrDefault(name);
            if (current is null && DesiredSecrets.KeptIn(config).ToList() is { Count: > 0 } kept)
            {
                _touched.Add($"{kind} {name}");
                _errors.Add($"{kind} {name}: It is not there yet, so there is no secret to keep at {string.Join(' ', kept)}; give it.");
                continue;
            }

            var change = new DesiredChange(
                current is null ? "create" : "update", kind, name, HttpMethod.Put, $"api{pointer}/{PathSegment.Of(name)}", JsonSerializer.SerializeToUtf8Bytes(config))
            { Tag = current?.Tag };
            if (await TryAsync(change, null, cancellationToken, RestsOnOthers(kind, config)) is not { } answer)
            {
                _touched.Add($"{kind} {name}");
                continue;
            }

            var shown = answer.Length > 0 ? JsonNode.Parse(answer)! : null;
            if (shown?["change"]?.GetValue<string>() != "none" && ChangeOf(change, current, config, shown?["config"]) is { } made)
            {
                _touched.Add($"{kind} {name}");
                _changes.Add(made);
            }
        }
    }

    /// <param name="change">The change.</param>
    /// <param name="current">What is there; null for nothing.</param>
    /// <param name="config">What is wanted, with its secrets.</param>
    /// <param name="shown">The same as the host would show it; null when it could not say.</param>
    /// <returns>Null when nothing is changed after all.</returns>
    private static DesiredChange? ChangeOf(DesiredChange change, HostEntry? current, JsonObject config, JsonNode? shown)
    {
        if (current is null)
        {
            return change;
        }

        // Secrets cannot be compared here: those that are given are what has changed where nothing else has.
        var open = shown?.AsObject() ?? WithoutSecrets(config, current.Config);
        var pointers = JsonDifference.Between(current.Config, open);
        pointers = pointers.Count > 0 ? pointers : [.. DesiredSecrets.KeptIn(open).Except(DesiredSecrets.KeptIn(config), StringComparer.Ordinal)];

        // The host counts who has defined it as well: the same by another key is no other state.
        return pointers.Count > 0 ? change with { Pointers = pointers } : null;
    }

    private static JsonObject WithoutSecrets(JsonObject config, JsonObject current)
    {
        var open = config.DeepClone().AsObject();
        foreach (var (key, value) in current)
        {
            if (DesiredSecrets.IsPlaceholder(value) && open.ContainsKey(key))
            {
                open[key] = DesiredSecrets.Placeholder;
            }
            else if (value is JsonObject inner && open[key] is JsonObject group)
            {
                open[key] = WithoutSecrets(group, inner);
            }
        }

        return open;
    }

    private async Task PruneAsync(CancellationToken cancellationToken)
    {
        var gone = _wanted.Instances is null ? [] : _there.Instances.Where(entry => !entry.Value.IsReadOnly && !_wanted.Instances.ContainsKey(entry.Key)).ToList();
        foreach (var (name, entry) in gone)
        {
            await RemoveAsync("instance", name, $"api/instances/{PathSegment.Of(name)}", entry.Tag, null, cancellationToken);
        }

        // As instances will be. What they still use is refused here; what only those use that go, or will use something else, cannot be tried.
        var staying = _there.Instances.Where(entry => !gone.Exists(one => one.Key == entry.Key))
            .ToDictionary(entry => entry.Key, entry => _wanted.Instances?.GetValueOrDefault(entry.Key) ?? entry.Value.Config);
        foreach (var (name, entry) in _there.Credentials.Where(entry => _wanted.Credentials is not null && !_wanted.Credentials.ContainsKey(entry.Key)))
        {
            var isFreed = entry.UsedBy.Count > 0 && !entry.UsedBy.Any(user => staying.TryGetValue(user, out var config) && TextOf(config["credentials"]) == name);
            await RemoveAsync("credential", name, $"api/credentials/{PathSegment.Of(name)}", entry.Tag, isFreed ? "" : null, cancellationToken);
        }

        foreach (var id in _there.Connectors.Select(connector => connector.Id).Distinct(StringComparer.Ordinal)
            .Where(id => _wanted.Connectors is not null && !_wanted.Connectors.Any(connector => connector.Id == id)))
        {
            var isUsed = _there.Instances.Values.Any(entry => ConnectorOf(entry.Config) == id);
            await RemoveAsync(
                "connector", id, $"api/connectors/{PathSegment.Of(id)}", null, isUsed && !staying.Values.Any(config => ConnectorOf(config) == id) ? "force=true" : null, cancellationToken);
        }
    }

    /// <param name="kind">What kind of thing.</param>
    /// <param name="name">Which.</param>
    /// <param name="path">Where.</param>
    /// <param name="tag">Its entity tag.</param>
    /// <param name="more">What else is asked when it is tried; empty to not try it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async Task RemoveAsync(string kind, string name, string path, string? tag, string? more, CancellationToken cancellationToken)
    {
        var change = new DesiredChange("delete", kind, name, HttpMethod.Delete, path, null) { Tag = tag };
        if (more?.Length != 0)
        {
            await TryAsync(change, more, cancellationToken);
        }

        _changes.Add(change);
    }

    /// <returns>The host's answer; empty when it refuses what may be right once others are made; null when it refuses.</returns>
    private async Task<byte[]?> TryAsync(DesiredChange change, string? more, CancellationToken cancellationToken, bool restsOnOthers = false)
    {
        try
        {
            return await change.TryAsync(_client, more, cancellationToken);
        }
        catch (CommandException exception) when (exception.Code == "config.invalid" && restsOnOthers)
        {
            return [];
        }
        catch (CommandException exception) when (exception.Code is not null)
        {
            _errors.AddRange(exception.Sentences.Select((sentence, i) => i == 0 ? $"{change.Kind} {change.Name}: {sentence}" : sentence));
            return null;
        }
    }

    private bool RestsOnOthers(string kind, JsonObject config) =>
        kind == "instance" && (_touched.Contains($"connector {ConnectorOf(config)}") || _touched.Contains($"credential {TextOf(config["credentials"])}"));

    private static string? ConnectorOf(JsonObject config) => TextOf(config["connector"] ?? config["type"]);

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
