using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Host.Startup;
using PluginRuntime.Management;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Endpoints;

/// <summary><c>POST /api/instances/{name}/actions/{action}</c>: a call. UTF-8 JSON in, UTF-8 JSON out.</summary>
internal static class ActionEndpoints
{
    internal static void Map(IEndpointRouteBuilder api) => api.MapPost("/instances/{name}/actions/{action}", InvokeAsync).NeedsOfEveryOrg(Scopes.Invoke);

    private static async Task InvokeAsync(HttpContext context, ConnectorRuntime runtime, HostDrain drain, OrgCalls calls, string name, string action)
    {
        using var call = drain.Enter();
        _ = new QueryValues(context.Request);
        var options = new CallOptions { Timeout = TimeoutHeader.Of(context.Request) };
        _ = runtime.Get(name);
        using var permit = calls.Enter(context.Names().Org);
        var input = await InputAsync(context.Request, name, action, context.RequestAborted);
        var output = await runtime.Detached.InvokeAsync(name, action, input, options, context.RequestAborted);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = output.Length;
        await context.Response.Body.WriteAsync(output, context.RequestAborted);
    }

    private static async Task<byte[]> InputAsync(HttpRequest request, string name, string action, CancellationToken cancellationToken)
    {
        RequestBody.CheckContentType(request);
        var input = await RequestBody.ReadAsync(request, cancellationToken);
        if (input.Length == 0)
        {
            return "{}"u8.ToArray();
        }

        // An action without an input schema would pass on anything.
        if (JsonSchema.IsStrictAtOnce(input))
        {
            return input;
        }

        var errors = new List<ValidationError>();
        using var document = StrictJson.Parse(input, StrictJsonCodes.Instance, errors);
        return document is not null ? input : throw new RequestException("input.invalid", $"The input for '{action}' of '{name}' is not JSON that can be accepted.", errors);
    }
}
