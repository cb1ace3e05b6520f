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

    private LoadedContext(
        PackageIdentity identity, ConnectorLoadContext context, Type type, LoadOptions options, TimeProvider timeProvider)
    {
        Identity = identity;
        _context = context;
        _type = type;
        _options = options;
        _timeProvider = timeProvider;
        LoadedAt = timeProvider.GetUtcNow();
    }

    internal PackageIdentity Identity { get; }

    internal DateTimeOffset LoadedAt { get; }

    /// <summary>Checks contract and class, loads the main assembly, runs the class's static <c>OnLoad</c> hook if there is one.</summary>
    /// <exception cref="LoadException">Any of these failed; nothing stays loaded.</exception>
    internal static async Task<LoadedContext> LoadAsync(
        PackageIdentity identity,
        string directory,
        ConnectorManifest manifest,
        LoadOptions options,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        var runtime = manifest.Runtime
            ?? throw new LoadException("load.no-class", $"The manifest of {manifest.Id} names no class to load.");
        var assets = AssetList.Read(directory, runtime, [.. manifest.Files.Select(file => file.Path)], options.RuntimeIdentifier);
        ContractCheck.Verify(directory, runtime.Assembly, assets.Managed.Values);

        var context = new ConnectorLoadContext($"{identity.Id} {identity.Version} {identity.Hash[..12]}", directory, assets);
        try
        {
            var loaded = new LoadedContext(identity, context, FindClass(context, manifest), options, timeProvider);
            await loaded.RunHookAsync("OnLoad", cancellationToken).ConfigureAwait(false);
            return loaded;
        }
        catch
        {
            context.Unload();
            throw;
        }
    }

    /// <summary>Creates a connector object and compares its actions with the manifest's.</summary>
    /// <exception cref="LoadException">The constructor failed or hung, or the class does something else than its manifest says.</exception>
    internal async Task<IConnector> CreateAsync(ConnectorManifest manifest, CancellationToken cancellationToken)
    {
        var type = _type ?? throw new InvalidOperationException($"{Identity} is unloaded.");
        return await CallAsync(
            "load.constructor",
            $"The constructor of {type.FullName}",
            _ => new ValueTask<IConnector>(Construct(type, manifest)),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs the static <c>OnUnload</c> hook if there is one, and lets go of the package.</summary>
    /// <returns>A reference that does not keep it alive, and what the hook did wrong, if anything.</returns>
    internal async Task<(WeakReference Context, string? HookFailure)> UnloadAsync()
    {
        string? failure = null;
        try
        {
            await RunHookAsync("OnUnload", CancellationToken.None).ConfigureAwait(false);
        }
        catch (LoadException exception)
        {
            failure = exception.Message;
        }

        return (Release(), failure);
    }

    // Not inlined, so that no register or stack slot of an async caller keeps the context.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference Release()
    {
        var reference = new WeakReference(_context, trackResurrection: true);
        _context?.Unload();
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
            throw new LoadException("load.bad-image", $"{runtime.Assembly} cannot be loaded: {ForeignText.Describe(exception)}");
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

    private async Task RunHookAsync(string name, CancellationToken cancellationToken)
    {
        if (_type?.GetMethod(name, System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public, [typeof(CancellationToken)])
                is not { } method
            || method.ReturnType != typeof(ValueTask))
        {
            return;
        }

        var hook = method.CreateDelegate<Func<CancellationToken, ValueTask>>();
        await CallAsync(
            "load.hook",
            $"{name} of {_type.FullName}",
            async token =>
            {
                await hook(token).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> CallAsync<T>(string code, string what, Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await ForeignCall.RunAsync(call, _options.HookTimeout, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (ForeignTimeoutException exception)
        {
            throw new LoadException($"{code}-timeout", $"{what}: {exception.Message}");
        }
        catch (System.Reflection.TargetInvocationException exception)
        {
            throw new LoadException($"{code}-threw", $"{what} threw {ForeignText.Describe(exception.InnerException ?? exception)}");
        }
        catch (Exception exception) when (exception is not LoadException && !cancellationToken.IsCancellationRequested)
        {
            throw new LoadException($"{code}-threw", $"{what} threw {ForeignText.Describe(exception)}");
        }
    }
}
