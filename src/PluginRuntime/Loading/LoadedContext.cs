using System.Reflection;
using System.Runtime.CompilerServices;
using PluginRuntime.Diagnostics;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;

namespace PluginRuntime.Loading;

/// <summary>
/// One package in memory: the context and the connector's class. It is one of the two places that call foreign code (constructor and the
/// static hooks); the other is the border of a generation. After <see cref="UnloadAsync"/> it refers to nothing of the package.
/// </summary>
internal sealed class LoadedContext
{
    private readonly LoadOptions _options;
    private readonly TimeProvider _timeProvider;
    private ConnectorLoadContext? _context;
    private Type? _type;

    // What was left to itself while it ran: the first suspect when the context does not die. Written by whoever's call it was.
    private volatile string? _abandoned;
    private bool _isStarted;

    private LoadedContext(PackageIdentity identity, ConnectorLoadContext context, LoadOptions options, TimeProvider timeProvider)
    {
        Identity = identity;
        _context = context;
        _options = options;
        _timeProvider = timeProvider;
        LoadedAt = timeProvider.GetUtcNow();
    }

    internal PackageIdentity Identity { get; }

    internal DateTimeOffset LoadedAt { get; }

    /// <summary>Checks the contract and makes the context. Nothing of the package runs, and a failure leaves nothing.</summary>
    /// <exception cref="LoadException">It does not fit this host, or cannot be read.</exception>
    internal static LoadedContext Open(
        PackageIdentity identity, string directory, ConnectorManifest manifest, LoadOptions options, TimeProvider timeProvider)
    {
        var runtime = manifest.Runtime
            ?? throw new LoadException("load.no-class", $"The manifest of {manifest.Id} names no class to load.");
        AssetList assets;
        try
        {
            assets = AssetList.Read(directory, runtime, [.. manifest.Files.Select(file => file.Path)], options.RuntimeIdentifier);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LoadException("load.unreadable", $"The package of {identity} cannot be read: {exception.Message}");
        }

        ContractCheck.Verify(directory, runtime.Assembly, assets.Managed.Values);
        return new(identity, new($"{identity.Id} {identity.Version} {identity.Hash[..12]}", directory, assets, manifest.Files), options, timeProvider);
    }

    /// <summary>Loads the main assembly, checks the class, runs its static <c>OnLoad</c> hook if there is one.</summary>
    /// <exception cref="LoadException">Any of these failed. The context is there and has to be unloaded.</exception>
    internal async Task StartAsync(ConnectorManifest manifest, CancellationToken cancellationToken)
    {
        _type = FindClass(_context!, manifest);
        await RunHookAsync("OnLoad", cancellationToken).ConfigureAwait(false);
        _isStarted = true;
    }

    /// <summary>Creates a connector object and compares its actions with the manifest's.</summary>
    /// <exception cref="LoadException">The constructor failed or hung, or the class does something else than its manifest says.</exception>
    internal async Task<IConnector> CreateAsync(ConnectorManifest manifest, CancellationToken cancellationToken)
    {
        var type = _type ?? throw new InvalidOperationException($"{Identity} is unloaded.");
        return await CallAsync(
            "load.constructor-threw",
            "load.constructor-timeout",
            $"The constructor of {type.FullName}",
            _ => new ValueTask<IConnector>(Construct(type, manifest)),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the package throws where nobody catches it tells no secret of this instance from now on.</summary>
    internal void Entrust(string instance, Redaction redaction) => _context?.Entrust(instance, redaction);

    /// <summary>Runs the static <c>OnUnload</c> hook if there is one and the start went well, and lets go of the package.</summary>
    internal async Task<UnloadReport> UnloadAsync()
    {
        var failures = new List<string>();
        if (_isStarted)
        {
            await TryAsync(failures, () => RunHookAsync("OnUnload", CancellationToken.None)).ConfigureAwait(false);
        }

        // Handlers of the context's Unloading event are the package's code.
        await TryAsync(
            failures,
            () => CallAsync(
                    "load.unloading-threw",
                    "load.unloading-timeout",
                    $"A handler of Unloading in {Identity}",
                    _ => new ValueTask<bool>(RequestUnload()),
                    CancellationToken.None))
            .ConfigureAwait(false);
        return new(Release(), failures.Count == 0 ? null : string.Join(' ', failures), _abandoned);
    }

    private static async Task TryAsync(List<string> failures, Func<Task> call)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (LoadException exception)
        {
            failures.Add(exception.Message);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RequestUnload()
    {
        _context!.Unload();
        return true;
    }

    // Not inlined, so that no register or stack slot of an async caller keeps the context.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference Release()
    {
        var reference = new WeakReference(_context, trackResurrection: true);

        // Once more: where a handler threw or hangs, the request went no further. The handlers are gone by now, so nothing foreign runs.
        _context!.Unload();
        _context = null;
        _type = null;
        return reference;
    }

    private static Type FindClass(ConnectorLoadContext context, ConnectorManifest manifest)
    {
        var runtime = manifest.Runtime!;
        Type? type;
        ConnectorAttribute? attribute;
        try
        {
            type = context.LoadMain(runtime.Assembly).GetType(runtime.Type, throwOnError: false);
            attribute = type is null ? null : (ConnectorAttribute?)Attribute.GetCustomAttribute(type, typeof(ConnectorAttribute));
        }
        catch (Exception exception)
        {
            throw new LoadException("load.bad-image", $"{runtime.Assembly} cannot be loaded: {ForeignText.Describe(exception, Redaction.None)}");
        }

        if (type is null || type.IsAbstract || !typeof(IConnector).IsAssignableFrom(type))
        {
            throw new LoadException("load.class-missing", $"{runtime.Assembly} has no connector class {runtime.Type}.");
        }

        if (attribute?.Id != manifest.Id)
        {
            throw new LoadException(
                "load.class-differs", $"The manifest says id {manifest.Id}, the class {runtime.Type} says {attribute?.Id ?? "none"}.");
        }

        return type;
    }

    private static IConnector Construct(Type type, ConnectorManifest manifest)
    {
        var connector = (IConnector)Activator.CreateInstance(type)!;
        var declared = connector.Actions.Select(action => action.Id).Order(StringComparer.Ordinal).ToList();
        var listed = manifest.Actions.Select(action => action.Id).Order(StringComparer.Ordinal).ToList();
        return declared.SequenceEqual(listed)
            ? connector
            : throw new LoadException(
                "load.class-differs",
                $"The manifest lists the actions {string.Join(", ", listed)}; the class {type.FullName} declares {string.Join(", ", declared)}.");
    }

    private static Func<CancellationToken, ValueTask>? FindHook(Type type, string name)
    {
        try
        {
            return type.GetMethod(name, BindingFlags.Static | BindingFlags.Public, [typeof(CancellationToken)]) is { } method
                && method.ReturnType == typeof(ValueTask)
                    ? method.CreateDelegate<Func<CancellationToken, ValueTask>>()
                    : null;
        }
        catch (Exception exception)
        {
            // A signature that names a type which is not there.
            throw new LoadException("load.bad-image", $"{type.FullName} cannot be examined: {ForeignText.Describe(exception, Redaction.None)}");
        }
    }

    private async Task RunHookAsync(string name, CancellationToken cancellationToken)
    {
        if (FindHook(_type!, name) is not { } hook)
        {
            return;
        }

        await CallAsync(
            "load.hook-threw",
            "load.hook-timeout",
            $"{name} of {_type!.FullName}",
            async token =>
            {
                await hook(token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> CallAsync<T>(
        string threwCode, string timeoutCode, string what, Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await ForeignCall.RunAsync(call, _options.HookTimeout, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (ForeignTimeoutException exception)
        {
            _abandoned ??= exception.IsAbandoned ? $"{what}, which was left running" : null;
            throw new LoadException(timeoutCode, $"{what}: {exception.Message}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // A new one: what was caught may be the package's.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception) when (exception is not LoadException)
        {
            var thrown = exception is TargetInvocationException { InnerException: { } inner } ? inner : exception;
            throw new LoadException(threwCode, $"{what} threw {ForeignText.Describe(thrown, Redaction.None)}");
        }
    }
}
