using System.Text.Json;
using System.Text.RegularExpressions;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Logging;

/// <summary><c>/api/logging</c>: how much is logged, and changes of it that end by themselves.</summary>
internal static partial class LoggingEndpoints
{
    private const string LevelName = "level";
    private const string ForName = "for";
    private const string Section = "Logging:LogLevel";

    private static readonly TimeSpan _default = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan _longest = TimeSpan.FromHours(24);

    internal static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/logging", Show).Needs(Scopes.HostAdmin);
        api.MapPut("/logging/{category}", PutAsync).Needs(Scopes.HostAdmin);
        api.MapDelete("/logging/{category}", Delete).Needs(Scopes.HostAdmin);
    }

    private static IResult Show(HttpRequest request, IConfiguration configuration, LogLevels levels)
    {
        _ = new QueryValues(request);
        return Results.Json(
            new
            {
                levels = configuration.GetSection(Section).GetChildren()
                    .OrderBy(child => child.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(child => child.Key, child => child.Value),
                overrides = levels.Overrides.Select(Shown),
            },
            HostJson.Options);
    }

    private static async Task<IResult> PutAsync(HttpRequest request, LogLevels levels, string category, CancellationToken cancellationToken)
    {
        _ = new QueryValues(request);
        using var body = await RequestBody.ReadJsonAsync(request, isPatch: false, cancellationToken);
        var errors = new List<ValidationError>();
        if (!Category().IsMatch(category))
        {
            errors.Add(new("", "name.invalid", "The category in the path has to be 1 to 200 letters, digits and . _ + - `: a name such as PluginRuntime.Management."));
        }

        var (level, time) = Read(body.RootElement, errors);
        return errors.Count == 0
            ? Results.Json(Shown(levels.Set(category, level, time)), HostJson.Options)
            : throw new RequestException("logging.invalid", "The log level cannot be set so.", errors);
    }

    private static IResult Delete(HttpRequest request, LogLevels levels, string category)
    {
        _ = new QueryValues(request);
        return levels.TryRemove(category, out var removed)
            ? Results.Json(new { removed.Category, change = "delete" }, HostJson.Options)
            : throw new RequestException("logging.unknown", "The level of this category was not changed, or the change has run out.");
    }

    private static (LogLevel Level, TimeSpan Time) Read(JsonElement body, List<ValidationError> errors)
    {
        var (level, time) = (default(LogLevel?), _default);
        if (body.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new("", "value.invalid", "It has to be an object."));
            return (default, time);
        }

        foreach (var property in body.EnumerateObject())
        {
            switch (property.Name)
            {
                case LevelName:
                    // By name: a number would be taken for one, and 42 for a level.
                    level = Enum.GetValues<LogLevel>().Cast<LogLevel?>().FirstOrDefault(
                        known => property.Value.ValueKind == JsonValueKind.String && string.Equals(known.ToString(), property.Value.GetString(), StringComparison.OrdinalIgnoreCase));
                    if (level is null)
                    {
                        errors.Add(new("/level", "value.invalid", $"It has to be one of {string.Join(", ", Enum.GetNames<LogLevel>())}."));
                        level = LogLevel.None;
                    }

                    break;
                case ForName:
                    if (property.Value.ValueKind != JsonValueKind.String || !Duration.TryParse(property.Value.GetString(), out time) || time <= TimeSpan.Zero || time > _longest)
                    {
                        errors.Add(new("/for", "duration.invalid", $"It has to be {Duration.Accepted}, above zero and at most 24h."));
                    }

                    break;
                default:
                    errors.Add(new(JsonPointer.Append("", property.Name), "key.unknown", $"There is no such key. Accepted: {LevelName}, {ForName}."));
                    break;
            }
        }

        if (level is null)
        {
            errors.Add(new("/level", "key.missing", "It has to be there."));
        }

        return (level ?? LogLevel.None, time);
    }

    private static object Shown(LogOverride one) => new { one.Category, Level = one.Level.ToString(), one.Until };

    // Without the separator of configuration keys and the wildcard of filters.
    [GeneratedRegex("^[A-Za-z0-9._+`-]{1,200}\\z")]
    private static partial Regex Category();
}
