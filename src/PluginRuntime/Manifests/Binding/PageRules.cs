using System.Globalization;
using System.Text.Json;

namespace PluginRuntime.Manifests.Binding;

/// <summary>How an action goes on from page to page.</summary>
internal static class PageRules
{
    private const int HighestMaxPages = 100;

    internal static void Check(ManifestObject request, string method, string response, List<ValidationError> errors)
    {
        if (request.Any("paging") is not { } element
            || ManifestObject.Open(element, request.At("paging"), errors, "next", "items", "maxPages") is not { } paging)
        {
            return;
        }

        if (method != "GET" || response != "json")
        {
            request.Report("paging", "http.paging-unexpected", "There are pages of JSON alone; accepted is it with the method GET and the response json.");
        }

        if (paging.RequiredText("next") is { } next && !string.IsNullOrWhiteSpace(next) && next != "link" && !JsonPointer.IsValid(next))
        {
            paging.Report("next", "http.pointer-invalid", "This says nothing of the next page; accepted is a JSON Pointer to its URL, or link for the header.");
        }

        if (paging.Text("items") is { } items && !JsonPointer.IsValid(items))
        {
            paging.Report("items", "http.pointer-invalid", "This is no JSON Pointer; accepted is one to a page's items, empty for the page itself.");
        }

        if (paging.Of("maxPages", JsonValueKind.Number, "a number") is { } most && (!most.TryGetInt32(out var pages) || pages is < 1 or > HighestMaxPages))
        {
            paging.Report(
                "maxPages", "value.out-of-range", string.Create(CultureInfo.InvariantCulture, $"The number is out of range; accepted is a whole one from 1 to {HighestMaxPages}."));
        }
    }
}
