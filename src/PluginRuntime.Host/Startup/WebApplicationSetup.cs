using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using PluginRuntime.Host.Audit;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Authorizations;
using PluginRuntime.Host.Endpoints;
using PluginRuntime.Host.Events;
using PluginRuntime.Host.Idempotency;
using PluginRuntime.Host.Logging;
using PluginRuntime.Host.Metrics;
using PluginRuntime.Host.OpenApi;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Host.Settings;
using PluginRuntime.Host.State;
using PluginRuntime.Host.Telemetry;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Startup;

/// <summary>Puts the web application together.</summary>
internal static class WebApplicationSetup
{
    private const string DefaultUrl = "http://127.0.0.1:5080";

    private static readonly string[] _addressKeys = ["urls", "http_ports", "https_ports"];

    /// <summary>A builder with the program's folder as content root, and the command line as the strongest configuration.</summary>
    /// <exception cref="StartException">A configuration file is broken.</exception>
    internal static WebApplicationBuilder CreateBuilder(CommandLine commandLine)
    {
        try
        {
            var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
            builder.Configuration.AddInMemoryCollection(commandLine.Settings);
            return builder;
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException)
        {
            throw new StartException(
                StartException.WrongSettings,
                $"The configuration cannot be read: {exception.Message} {exception.InnerException?.Message}".TrimEnd());
        }
    }

    internal static WebApplication Build(WebApplicationBuilder builder, HostSettings settings, StateDatabase keys, SqlStateStore state)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            options.UseUtcTimestamp = true;
        });

        // It would print a failed start with its stack, which the host itself tells in a sentence.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = RequestBody.Largest;
        });
        if (Array.TrueForAll(_addressKeys, key => string.IsNullOrEmpty(builder.Configuration[key]))
            && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        var services = builder.Services;
        var overrides = new LogOverrides();
        ((IConfigurationBuilder)builder.Configuration).Add(overrides);
        services.AddSingleton(provider => new LogLevels(
            overrides, provider.GetRequiredService<ConnectorRuntime>().Events, provider.GetRequiredService<TimeProvider>()));
        services.Configure<HostOptions>(options => options.ShutdownTimeout = settings.ShutdownTimeout);
        services.ConfigureHttpJsonOptions(options => HostJson.Configure(options.SerializerOptions));
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new OrgQuotas(settings.OrgLimits));
        services.AddSingleton(provider => new KeyStore(keys, provider.GetRequiredService<OrgQuotas>()));
        services.AddSingleton<OrgLimitWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<OrgLimitWatch>());
        services.AddSingleton(provider => new OrgCalls(provider.GetRequiredService<OrgLimitWatch>().Of, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => new AuditLog(keys));
        services.AddSingleton(provider => new StateBackup(keys, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<KeyCheck>();
        services.AddSingleton<KeyUses>();
        services.AddHostedService(provider => provider.GetRequiredService<KeyUses>());
        KeyLimits.Add(services, settings);
        services.AddSingleton(provider => new ConnectorRuntime(
            RuntimeOptions(settings), state, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IConnectorRuntime>(provider => provider.GetRequiredService<ConnectorRuntime>());
        services.AddSingleton(provider => state.IdempotencyStore(provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<IdempotencySweep>();
        services.AddSingleton(provider => state.AuthorizationStore(provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<AuthorizationSweep>();
        services.AddSingleton(new RedirectUris(settings.RedirectUris));
        services.AddSingleton<AuthorizationFlow>();
        services.AddSingleton(provider => new HostDrain(
            provider.GetRequiredService<ConnectorRuntime>(), settings.ShutdownDelay, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Readiness>();
        services.AddSingleton(provider => new MetricCollector(MetricCollector.IsShown, provider.GetRequiredService<ILogger<MetricCollector>>()));
        services.AddSingleton<ApiDocument>();

        var app = builder.Build();

        // Counts from the start, not from the first scrape.
        app.Services.GetRequiredService<MetricCollector>();
        app.UseMiddleware<RequestSpanMiddleware>();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseMiddleware<HostNameMiddleware>(settings.AllowedHosts);
        app.UseRouting();
        app.UseMiddleware<AuditMiddleware>();
        app.UseMiddleware<KeyMiddleware>();
        app.UseRateLimiter();
        IdempotencyMiddleware.Use(app);
        HealthEndpoints.MapOpen(app);
        MetricEndpoints.MapOpen(app);
        OpenApiEndpoints.MapOpen(app);
        var api = app.MapGroup("/api");
        KeyEndpoints.Map(api);
        OrgEndpoints.Map(api);
        AuditEndpoints.Map(api);
        ConnectorEndpoints.Map(api);
        RegistryEndpoints.Map(api);
        SharingEndpoints.Map(api);
        ImportEndpoints.Map(api);
        ContextEndpoints.Map(api);
        InstanceEndpoints.Map(api);
        CredentialEndpoints.Map(api);
        AuthorizationEndpoints.Map(api);
        ConnectionEndpoints.Map(api);
        SwapEndpoints.Map(api);
        PackageEndpoints.Map(api);
        CanaryEndpoints.Map(api);
        OperationEndpoints.Map(api);
        HealthEndpoints.Map(api);
        ActionEndpoints.Map(api);
        EventEndpoints.Map(api);
        CallFeedEndpoints.Map(api);
        MetricEndpoints.Map(api);
        LoggingEndpoints.Map(api);
        BatchEndpoints.Map(api);
        OpenApiEndpoints.Map(api);
        DrainEndpoints.Map(api);
        BackupEndpoints.Map(api);
        return app;
    }

    internal static IEnumerable<string> UrlsOf(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];

    private static PluginRuntimeOptions RuntimeOptions(HostSettings settings)
    {
        var options = Options(settings);
        foreach (var allowed in settings.EgressAllow)
        {
            options.EgressAllow.Add(allowed);
        }

        foreach (var name in settings.ReferenceVariables)
        {
            options.ReferenceVariables.Add(name);
        }

        foreach (var directory in settings.ReferenceDirectories)
        {
            options.ReferenceDirectories.Add(directory);
        }

        return options;
    }

    private static PluginRuntimeOptions Options(HostSettings settings) => new()
    {
        DataDirectory = settings.DataDirectory,
        StoreDirectory = settings.StoreDirectory,
        DropDirectory = settings.DropDirectory,
        Packages = settings.Packages,
        BuiltInsDirectory = settings.HasBuiltIns ? settings.BuiltInsDirectory : null,
        ConfigFile = settings.ConfigFile,
        InstancesSection = settings.Instances,
        Connections = settings.Connections,
        HeldContexts = settings.HeldContexts,
        CollectInterval = settings.CollectInterval,
        CredentialsSection = settings.Credentials,
        KeepProcessAlive = true,
    };
}
