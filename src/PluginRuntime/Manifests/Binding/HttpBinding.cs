using System.Text.Json;
using PluginRuntime.Sdk;

namespace PluginRuntime.Manifests.Binding;

/// <summary>
/// Checks how a manifest without a class is bound to an HTTP API: <c>http</c> at its root and in each action. Whoever carries it out relies
/// on what is refused here, and looks once more at what the values of a call make of it.
/// </summary>
internal sealed class HttpBinding
{
    private readonly string? _authHeader;
    private readonly List<ValidationError> _errors;

    private HttpBinding(string? authHeader, List<ValidationError> errors) => (_authHeader, _errors) = (authHeader, errors);

    /// <summary>Checks the root's part.</summary>
    /// <returns>Null for a manifest that is not bound: it names a class, or nothing in it says <c>http</c>.</returns>
    internal static HttpBinding? Open(ManifestObject manifest, List<ValidationError> errors)
    {
        var isBound = manifest.Any("runtime") is null && (manifest.Any("http") is not null || HasBoundAction(manifest));
        if (!isBound)
        {
            return null;
        }

        if (manifest.IsThere("http")
            && ManifestObject.Open(manifest.Any("http")!.Value, manifest.At("http"), errors, "baseUrl", "healthPath") is { } api)
        {
            BaseUrl.Check(api);
            if (api.Text("healthPath") is { } path && PathText.Find(path) is { } problem)
            {
                api.Report("healthPath", "http.path-invalid", problem);
            }
        }

        return new(AuthHeaderOf(manifest), errors);
    }

    /// <summary>Checks an action's part.</summary>
    /// <returns>It; null when it is not there, or is no object.</returns>
    internal JsonElement? Read(ManifestObject action)
    {
        if (!action.IsThere("http")
            || ManifestObject.Open(
                action.Any("http")!.Value,
                action.At("http"),
                _errors,
                "method", "path", "query", "headers", "body", "response", "statusErrors", "paging") is not { } request)
        {
            return null;
        }

        var input = new InputProperties(action.Any("inputSchema"));
        var method = ReadMethod(request);
        var response = ReadResponse(request);
        CheckPath(request, input);
        CheckQuery(request, input);
        BoundHeaders.Check(request, input, _authHeader, _errors);
        CheckBody(request, method, input);
        StatusMap.Check(request, _errors);
        PageRules.Check(request, method, response, _errors);
        return action.Any("http");
    }

    private static bool HasBoundAction(ManifestObject manifest) =>
        manifest.Any("actions") is { ValueKind: JsonValueKind.Array } actions
        && actions.EnumerateArray().Any(action => action.ValueKind == JsonValueKind.Object && action.TryGetProperty("http", out _));

    // The header of a key; the other types have Authorization, which no binding may set anyway.
    private static string? AuthHeaderOf(ManifestObject manifest)
    {
        if (manifest.Any("auth") is not { ValueKind: JsonValueKind.Object } auth
            || !auth.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String
            || type.GetString() is not (CredentialTypes.ApiKey or CredentialTypes.Any))
        {
            return null;
        }

        return auth.TryGetProperty("headerName", out var name) && name.ValueKind == JsonValueKind.String
            ? name.GetString()
            : HeaderName.Default;
    }

    private static string ReadMethod(ManifestObject request)
    {
        var method = request.RequiredText("method");
        string[] accepted = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
        if (!string.IsNullOrWhiteSpace(method) && !accepted.Contains(method))
        {
            request.Report("method", "http.method-unknown", $"The method is not known; accepted are {string.Join(", ", accepted)}.");
        }

        return method;
    }

    private static string ReadResponse(ManifestObject request)
    {
        var response = request.Text("response") ?? "json";
        if (response is not ("json" or "text"))
        {
            request.Report("response", "http.response-unknown", "This is no kind of response; accepted are json and text.");
        }

        return response;
    }

    private static void CheckPath(ManifestObject request, InputProperties input)
    {
        var path = request.RequiredText("path");
        if (string.IsNullOrWhiteSpace(path))
        {
            return;
        }

        if (PathText.Find(Placeholders.Replace(path, "x")) is { } problem)
        {
            request.Report("path", "http.path-invalid", problem);
        }

        input.Check(request, "path", path, PlaceKind.Path);
    }

    private void CheckQuery(ManifestObject request, InputProperties input)
    {
        if (request.Of("query", JsonValueKind.Object, "an object") is not { } query)
        {
            return;
        }

        var names = ManifestObject.OpenAny(query, request.At("query"), _errors);
        foreach (var property in query.EnumerateObject())
        {
            if (property.Name.Length == 0)
            {
                names.Report(property.Name, "value.empty", "The name is empty; accepted is a name that is not.");
            }

            switch (property.Value.ValueKind)
            {
                case JsonValueKind.String:
                    var template = property.Value.GetString()!;
                    if (Placeholders.FindStray(template) is { } stray)
                    {
                        names.Report(property.Name, "http.text-invalid", stray);
                    }

                    input.Check(names, property.Name, template, PlaceKind.Query);
                    break;
                case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                    break;
                default:
                    names.Report(property.Name, "value.type", "The value is of the wrong type; accepted is a string, a number, true or false.");
                    break;
            }
        }
    }

    private void CheckBody(ManifestObject request, string method, InputProperties input)
    {
        if (request.Any("body") is not { ValueKind: not JsonValueKind.Null } body)
        {
            return;
        }

        if (method is "GET" or "HEAD" or "DELETE")
        {
            request.Report("body", "http.body-unexpected", $"{method} has no body; accepted is null, or another method.");
        }

        CheckBody(body, request.At("body"), input);
    }

    private void CheckBody(JsonElement body, string pointer, InputProperties input)
    {
        switch (body.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in body.EnumerateObject())
                {
                    CheckBody(property.Value, JsonPointer.Append(pointer, property.Name), input);
                }

                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in body.EnumerateArray())
                {
                    CheckBody(item, JsonPointer.Append(pointer, index++), input);
                }

                break;
            case JsonValueKind.String:
                _errors.AddRange(input.Find(body.GetString()!, pointer, PlaceKind.Body));
                break;
        }
    }
}
