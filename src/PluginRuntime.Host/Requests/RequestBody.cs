using System.Net.Http.Headers;
using System.Text.Json;
using PluginRuntime.Host.Problems;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Requests;

/// <summary>Reads bodies: whole, within a limit, as JSON that means the same to every reader.</summary>
internal static class RequestBody
{
    internal const int Largest = 32 * 1024 * 1024;

    private const int FirstBuffer = 64 * 1024;
    private const string Json = "application/json";

    internal const string MergePatch = "application/merge-patch+json";

    /// <summary>
    /// Reads the body into an array of its own. It is never pooled: a connector that ignores its deadline may read its input long after
    /// the request was answered.
    /// </summary>
    /// <exception cref="BadHttpRequestException">It is too large (413) or ends early.</exception>
    internal static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength is > Largest)
        {
            throw new BadHttpRequestException("The body is too large.", StatusCodes.Status413PayloadTooLarge);
        }

        if (request.ContentLength is <= FirstBuffer and var length)
        {
            // The server takes care that no more comes than was said, and that less is an error.
            var whole = new byte[(int)length];
            await request.Body.ReadExactlyAsync(whole, cancellationToken);
            return whole;
        }

        // Grows with what has come, not with what a client says will come.
        using var body = new MemoryStream();
        var chunk = new byte[FirstBuffer];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (body.Length + read > Largest)
            {
                throw new BadHttpRequestException("The body is too large.", StatusCodes.Status413PayloadTooLarge);
            }

            body.Write(chunk, 0, read);
        }

        return body.ToArray();
    }

    /// <summary>Reads a JSON document, to be disposed of by the caller.</summary>
    /// <exception cref="RequestException">Another content type, or no JSON.</exception>
    internal static async Task<JsonDocument> ReadJsonAsync(HttpRequest request, bool isPatch, CancellationToken cancellationToken)
    {
        CheckContentType(request, isPatch);
        var errors = new List<ValidationError>();
        return StrictJson.Parse(await ReadAsync(request, cancellationToken), StrictJsonCodes.Instance, errors)
            ?? throw new RequestException("json.invalid", "The body is not JSON that can be accepted.", errors);
    }

    /// <exception cref="RequestException">The body is said to be something else than JSON in UTF-8.</exception>
    internal static void CheckContentType(HttpRequest request, bool isPatch = false)
    {
        var accepted = isPatch ? $"{MergePatch} or {Json}" : Json;
        if (request.ContentType is not { Length: > 0 } given)
        {
            return;
        }

        var isAccepted = MediaTypeHeaderValue.TryParse(given, out var type)
            && (IsType(type, Json) || (isPatch && IsType(type, MergePatch)))
            && (type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        if (!isAccepted)
        {
            throw new RequestException("content-type.unsupported", $"The body has to be {accepted} in UTF-8.");
        }
    }

    private static bool IsType(MediaTypeHeaderValue type, string name) => string.Equals(type.MediaType, name, StringComparison.OrdinalIgnoreCase);
}
