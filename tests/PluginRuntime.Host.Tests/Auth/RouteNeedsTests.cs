using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Settings;
using PluginRuntime.Host.Startup;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Auth;

public sealed class RouteNeedsTests
{
    [Fact]
    public async Task Routes_AllSayWhatTheyNeed()
    {
        using var directory = new HostDirectory();
        await using var app = Build(directory);
        var silent = SilentOf(app);

        Assert.Empty(silent);

        app.MapGet("/api/forgotten", () => Results.Ok());
        Assert.Equal(["HTTP: GET /api/forgotten"], SilentOf(app));
    }

    [Fact]
    public async Task Routes_WithoutAKey_AreTheseAlone()
    {
        using var directory = new HostDirectory();
        await using var app = Build(directory);

        var open = EndpointsOf(app).Where(endpoint => endpoint.Metadata.GetMetadata<Need>() is { IsOpen: true }).Select(endpoint => endpoint.RoutePattern.RawText);

        Assert.Equal(["/health/live", "/health/ready", "/metrics", "/openapi/v1.json"], open.Order(StringComparer.Ordinal));
    }

    internal static WebApplication Build(HostDirectory directory)
    {
        var builder = WebApplicationSetup.CreateBuilder(CommandLine.Parse([]));
        return WebApplicationSetup.Build(builder, new HostSettingsReader(builder.Configuration, directory.Path, []).Read(), null!, null!);
    }

    internal static IEnumerable<RouteEndpoint> EndpointsOf(WebApplication app) =>
        ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    private static IEnumerable<string?> SilentOf(WebApplication app) =>
        EndpointsOf(app).Where(endpoint => endpoint.Metadata.GetMetadata<Need>() is null).Select(endpoint => endpoint.DisplayName);
}
