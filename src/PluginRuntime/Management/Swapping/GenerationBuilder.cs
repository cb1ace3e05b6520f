using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using PluginRuntime.Credentials;
using PluginRuntime.Diagnostics;
using PluginRuntime.Egress;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Health;
using PluginRuntime.Loading;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Sdk;

namespace PluginRuntime.Management;

/// <summary>
/// Makes a generation ready for calls: stage, load, init, open, check. Nothing here touches the generation that is live; whatever fails,
/// everything that was made for the new one is taken down again.
/// </summary>
internal sealed class GenerationBuilder(
    PackageStore store,
    Func<PackageCatalog> catalog,
    ConnectorLoader loader,
    SettingsBinder binder,
    CredentialBinder credentials,
    CredentialPool credentialPool,
    EgressGate egress,
    TimeProvider timeProvider,
    ILoggerFactory loggers)
{
    private long _number;

    /// <summary>Told of each text of a connector that held a secret of its instance, as it is without. By any thread.</summary>
    internal Action<string>? SecretFound { get; init; }

    /// <param name="instance">The instance's name.</param>
    /// <param name="definition">What is wanted; its configuration is usable.</param>
    /// <param name="choice">The package to run.</param>
    /// <param name="permits">The instance's permits.</param>
    /// <param name="outcomes">Hears what calls of the generation find out.</param>
    /// <param name="enter">Told about each phase.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GenerationFailedException">A step failed.</exception>
    internal async Task<(LiveVersion Live, HealthReport Health)> BuildAsync(
        string instance,
        InstanceDefinition definition,
        VersionChoice choice,
        PoolPermits permits,
        IOutcomeSink outcomes,
        Action<string> enter,
        CancellationToken cancellationToken)
    {
        var config = definition.Config!;
        if (choice.Manifest.Package is { } package && choice.Candidate?.Carrier is null)
        {
            // Before anything is bound: settings and credentials are the package's.
            throw new GenerationFailedException(BoundClass.Missing(choice, package), BuildStep.Stage);
        }

        // Before the credential is read: a change of it in between is one more reason to build.
        var configKey = ConfigKeys.Of(definition, credentials.NamedBy(definition));
        var (settings, errors) = binder.Bind(
            instance, config, choice.Manifest, coerce: definition.Origin == DefinitionOrigin.Settings, definition.IsTrusted, definition.Access, prepare: true);
        var bound = credentials.Bind(instance, config, choice.Manifest, definition.Access);
        if (errors.Count + bound.Errors.Count > 0)
        {
            throw new GenerationFailedException(new ConfigInvalidException(instance, [.. errors, .. bound.Errors]), BuildStep.Bind);
        }

        // A manifest bound to HTTP says itself where it leads; anywhere else the instance says it.
        var isTrusted = (!choice.Manifest.IsBound || choice.Candidate is { IsTrusted: true }) && (choice.Manifest is { IsBound: true, Package: null } || definition.IsTrusted);
        if (!isTrusted)
        {
            await CheckHostAsync(instance, config, cancellationToken).ConfigureAwait(false);
        }

        var credential = credentialPool.Get(bound.Subject, bound.Settings, choice.Manifest.Auth.HeaderName, bound.Guard);
        var redaction = RedactionOf(SecretSettings.In(settings, choice.Manifest.SettingsSchema), credential, SecretFound);

        ContextShare? share = null;
        Parts? parts = null;
        try
        {
            IConnector connector;
            if (choice.Local is { } local)
            {
                connector = local;
            }
            else
            {
                share = await LoadAsync(choice, enter, cancellationToken).ConfigureAwait(false);
                share.Entrust(instance, redaction);
                connector = await LoadStepAsync(choice, BuildStep.Load, null, () => share.CreateAsync(cancellationToken)).ConfigureAwait(false);
            }

            parts = Assemble(instance, config, choice.Manifest, connector, redaction) with { Credential = credential };
            var (generation, health) = await BringUpAsync(
                parts, instance, config, choice, settings, isTrusted, permits, outcomes, enter, cancellationToken).ConfigureAwait(false);
            return (new(generation, share, configKey, choice.Candidate?.Source, choice.Notice), health);
        }
        catch (Exception exception)
        {
            if (parts is not null)
            {
                await TakeDownAsync(parts).ConfigureAwait(false);
            }

            if (share is not null)
            {
                await share.DisposeAsync().ConfigureAwait(false);
            }

            if (exception is GenerationFailedException && bound.Guard?.Refusal is { } refusal)
            {
                // What the connector made of it is less plain.
                throw new GenerationFailedException(new ConfigInvalidException(instance, [new("/credentials", CredentialGuard.Code, refusal)]), BuildStep.Bind);
            }

            throw;
        }
    }

    // For connectors that do not connect by the context's network. What a name leads to may change afterwards.
    private async Task CheckHostAsync(string instance, InstanceConfig config, CancellationToken cancellationToken)
    {
        try
        {
            _ = config.Host is { } host ? await egress.ResolveAsync(host, cancellationToken).ConfigureAwait(false) : [];
        }
        catch (EgressException exception)
        {
            throw new GenerationFailedException(new ConfigInvalidException(instance, [new("/host", exception.Code, exception.Message)]), BuildStep.Bind);
        }
        catch (SocketException)
        {
            // It leads nowhere: the connector tells.
        }
    }

    // On its own, so that it keeps nothing else of a build.
    private static Redaction RedactionOf(IReadOnlyList<string> settings, InstanceCredential credential, Action<string>? found) =>
        new(() => [.. settings, .. credential.Secrets()]) { Found = found };

    /// <returns>A share in the context of the package that has the class: its own, or that of what its manifest is bound to.</returns>
    private async Task<ContextShare> LoadAsync(VersionChoice choice, Action<string> enter, CancellationToken cancellationToken)
    {
        var (stored, claim) = await LoadStepAsync(
            choice, BuildStep.Stage, enter, () => StageAsync(BoundClass.Of(choice, catalog()), cancellationToken)).ConfigureAwait(false);
        using var claimed = claim;
        return await LoadStepAsync(
            choice, BuildStep.Load, enter, () => loader.AcquireAsync(stored.Identity, stored.Directory, stored.Manifest, cancellationToken)).ConfigureAwait(false);
    }

    /// <returns>The package, and the claim that keeps it there until it is loaded.</returns>
    private async Task<(StoredPackage Package, IDisposable Claim)> StageAsync(VersionChoice choice, CancellationToken cancellationToken)
    {
        // What was installed lies in the store alone.
        var source = choice.Candidate is { Origin: PackageOrigin.BuiltIn or PackageOrigin.Drop } candidate ? candidate : null;
        var claim = await store.ClaimAsync(choice.Identity, cancellationToken).ConfigureAwait(false);
        if (claim is null && source is not null)
        {
            await store.StageAsync(source, cancellationToken).ConfigureAwait(false);
            claim = await store.ClaimAsync(choice.Identity, cancellationToken).ConfigureAwait(false);
        }

        if (claim is null)
        {
            throw StoreException.Missing(choice.Identity);
        }

        try
        {
            return (await VerifyAsync(choice.Identity, source, cancellationToken).ConfigureAwait(false), claim);
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }

    private async Task<StoredPackage> VerifyAsync(PackageIdentity identity, PackageCandidate? source, CancellationToken cancellationToken)
    {
        if (source is not null)
        {
            return await store.StageAsync(source, cancellationToken).ConfigureAwait(false);
        }

        var stored = store.TryGet(identity) ?? throw StoreException.Missing(identity);
        await store.VerifyAsync(stored, cancellationToken).ConfigureAwait(false);
        return stored;
    }

    private Parts Assemble(string instance, InstanceConfig config, ConnectorManifest manifest, IConnector connector, Redaction redaction)
    {
        var longest = manifest.Actions.Select(action => action.Timeout ?? TimeSpan.Zero).Append(config.AttemptTimeout).Max();
        var calls = new CallSettings
        {
            Timeout = config.Timeout,
            AttemptTimeout = config.AttemptTimeout,
            Retry = config.Retry,
            Breaker = config.Breaker,
            HealthTimeout = config.Health.Timeout,
            DrainTimeout = config.DrainTimeout > longest ? config.DrainTimeout : longest,
        };
        return new(new(instance, connector, calls, redaction, timeProvider), calls, new CancellationTokenSource(), redaction);
    }

    private async Task<(Generation Generation, HealthReport Health)> BringUpAsync(
        Parts parts,
        string instance,
        InstanceConfig config,
        VersionChoice choice,
        ReadOnlyMemory<byte> settings,
        bool isTrusted,
        PoolPermits permits,
        IOutcomeSink outcomes,
        Action<string> enter,
        CancellationToken cancellationToken)
    {
        var context = new ConnectorContext
        {
            Instance = instance,
            Version = choice.Identity.Version.ToString(),
            Manifest = choice.Manifest.Utf8,
            Host = config.Host,
            Port = config.Port,
            Timeout = config.Timeout,
            Settings = settings,
            Credentials = parts.Credential,
            Network = isTrusted ? DirectNetwork.Instance : new GuardedNetwork(egress),
            Logger = new BorderLogger(loggers.CreateLogger($"PluginRuntime.Connector.{choice.Identity.Id}"), parts.Redaction),
            Lifetime = parts.Lifetime.Token,
            TimeProvider = timeProvider,
        };
        await StepAsync(BuildStep.Init, enter, () => parts.Border.InitializeAsync(context, cancellationToken)).ConfigureAwait(false);

        // Not earlier: it opens connections by itself as time goes by, and a connector is not to be asked for one before its start has ended.
        var pool = new ConnectionPool(
            instance, parts.Border, config.Pool, permits, timeProvider, new() { After = LeakWatch.Beyond(config.Timeout), Report = outcomes.Leaked });
        parts.Pool = pool;
        if (choice.Manifest is { IsBound: true, Package: null })
        {
            await StepAsync(BuildStep.Init, null, () => BoundClass.VerifyAsync(choice.Manifest, parts.Border, cancellationToken)).ConfigureAwait(false);
        }

        await StepAsync(BuildStep.Open, enter, () => pool.OpenMinimumAsync(cancellationToken)).ConfigureAwait(false);
        var generation = new Generation(
            Interlocked.Increment(ref _number), instance, choice.Identity, choice.Manifest, parts.Border, pool, parts.Calls, outcomes, parts.Credential, parts.Lifetime, timeProvider);
        enter("check");
        var health = await HealthCheck.RunAsync(generation, timeProvider, cancellationToken).ConfigureAwait(false);
        if (!health.Healthy)
        {
            throw new GenerationFailedException(
                new ConnectorFailedException(instance, ConnectorErrorKind.Unavailable, $"The health check failed: {health.Error}", null, wasSent: false),
                BuildStep.Check);
        }

        return (generation, health);
    }

    private static async Task TakeDownAsync(Parts parts)
    {
        await TryAsync(parts.Border.EndLifetimeAsync(parts.Lifetime)).ConfigureAwait(false);
        if (parts.Pool is { } pool)
        {
            await pool.DisposeAsync().ConfigureAwait(false);
            await TryAsync(parts.Border.DestroyAsync()).ConfigureAwait(false);
        }

        parts.Border.Release();
    }

    private static async Task TryAsync(Task hook)
    {
        try
        {
            await hook.ConfigureAwait(false);
        }
        catch (ConnectorFailedException)
        {
            // The version was refused for the failure that brought us here; a second one adds nothing to it.
        }
    }

    private static async Task<T> StepAsync<T>(BuildStep step, Action<string>? enter, Func<Task<T>> run)
    {
        enter?.Invoke(step.ToString().ToLowerInvariant());
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (PluginRuntimeException exception)
        {
            throw new GenerationFailedException(exception, step);
        }
    }

    /// <summary>A step in which the package at fault is not the one chosen where that is bound to another.</summary>
    private static Task<T> LoadStepAsync<T>(VersionChoice choice, BuildStep step, Action<string>? enter, Func<Task<T>> run) =>
        StepAsync(step, enter, choice.Manifest.IsBound ? () => BoundClass.BlameAsync(choice, run) : run);

    private static Task<bool> StepAsync(BuildStep step, Action<string>? enter, Func<Task> run) =>
        StepAsync(
            step,
            enter,
            async () =>
            {
                await run().ConfigureAwait(false);
                return true;
            });

    private sealed record Parts(Border Border, CallSettings Calls, CancellationTokenSource Lifetime, Redaction Redaction)
    {
        internal InstanceCredential Credential { get; init; } = InstanceCredential.None;

        /// <summary>Null until the connector is initialized.</summary>
        internal ConnectionPool? Pool { get; set; }
    }
}
