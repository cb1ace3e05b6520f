using System.Diagnostics;
using System.Globalization;
using PluginRuntime.Execution;
using PluginRuntime.Execution.Retrying;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Idempotency;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Problems;

/// <summary>A failure as clients see it: RFC 9457.</summary>
internal sealed record Problem(
    string Type, string Title, int Status, string Detail, string Code, IReadOnlyList<ValidationError> Errors, bool Retryable, string TraceId)
{
    private static readonly TimeSpan _defaultWait = TimeSpan.FromSeconds(1);

    /// <summary>Writes the failure as the answer.</summary>
    internal static Task WriteAsync(HttpContext context, PluginRuntimeException failure) =>
        Of(context, failure).WriteAsync(context, (failure as IHasRetryAfter)?.RetryAfter ?? _defaultWait);

    /// <summary>The failure of a part of a request: it goes into the answer.</summary>
    internal static Problem Of(HttpContext context, PluginRuntimeException failure) =>
        ProblemTable.All.ContainsKey(failure.Code)
            ? Create(context, failure.Code, failure.Message, ErrorsOf(failure), failure.IsTransient)
            : Create(context, "host.bug", $"The host failed unexpectedly: {failure.Message}", [], isTransient: false);

    internal static Task WriteAsync(HttpContext context, string code, string detail) =>
        Create(context, code, detail, [], isTransient: false).WriteAsync(context, _defaultWait);

    internal static string TraceIdOf(HttpContext context) => Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;

    private static Problem Create(HttpContext context, string code, string detail, IReadOnlyList<ValidationError> errors, bool isTransient)
    {
        var (status, title) = ProblemTable.All[code];
        var names = context.Names();
        return new($"urn:pluginruntime:error:{code}", title, status, names.Text(detail), code, errors, isTransient, TraceIdOf(context));
    }

    private Task WriteAsync(HttpContext context, TimeSpan wait)
    {
        var response = context.Response;
        response.StatusCode = Status;
        if (Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable || Code == RequestInFlightException.InFlight)
        {
            response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString("0", CultureInfo.InvariantCulture);
        }

        if (Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer realm=\"pluginruntime\"";
        }

        return response.WriteAsJsonAsync(this, HostJson.Options, "application/problem+json", context.RequestAborted);
    }

    private static IReadOnlyList<ValidationError> ErrorsOf(PluginRuntimeException failure) => failure switch
    {
        RequestException request => request.Errors,
        InputInvalidException input => input.Errors,
        OutputInvalidException output => output.Errors,
        ConfigInvalidException config => config.Errors,
        RegistrationException registration => registration.Errors,
        CredentialException credential => credential.Errors,
        _ => [],
    };
}
