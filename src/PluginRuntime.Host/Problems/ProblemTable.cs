using System.Collections.Frozen;

namespace PluginRuntime.Host.Problems;

/// <summary>Which HTTP status a code has, and its title. The catalogue for readers is docs/errors.md; a test compares the two.</summary>
internal static class ProblemTable
{
    internal static FrozenDictionary<string, (int Status, string Title)> All { get; } = new Dictionary<string, (int Status, string Title)>
    {
        ["json.invalid"] = (400, "The body is not valid JSON"),
        ["request.invalid"] = (400, "The request is malformed"),
        ["query.invalid"] = (400, "A query parameter is wrong"),
        ["header.invalid"] = (400, "A header is wrong"),
        ["version.invalid"] = (400, "Not a SemVer version"),
        ["reference.forbidden"] = (400, "References are not accepted here"),
        ["config.invalid"] = (400, "The configuration has errors"),
        ["batch.invalid"] = (400, "The batch has errors"),
        ["input.invalid"] = (400, "The input does not fit the action"),
        ["logging.invalid"] = (400, "The log level cannot be set so"),
        ["auth.required"] = (401, "A key is needed"),
        ["auth.invalid"] = (401, "The key is not valid"),
        ["route.unknown"] = (404, "There is no such resource"),
        ["instance.unknown"] = (404, "There is no such instance"),
        ["action.unknown"] = (404, "There is no such action"),
        ["connector.unknown"] = (404, "There is no such connector"),
        ["version.unknown"] = (404, "There is no such version"),
        ["operation.unknown"] = (404, "There is no such operation"),
        ["logging.unknown"] = (404, "The log level was not changed"),
        ["method.not-allowed"] = (405, "The method is not allowed here"),
        ["instance.read-only"] = (409, "The instance cannot be changed over the API"),
        ["version.unmatched"] = (409, "No such version to go to"),
        ["version.out-of-range"] = (409, "The version is outside of the instance's range"),
        ["version.quarantined"] = (409, "The version is in quarantine"),
        ["rollback.impossible"] = (409, "There is no version to go back to"),
        ["connector.conflict"] = (409, "The outside system reports a conflict"),
        ["events.gone"] = (410, "The events are not kept any more"),
        ["instance.exists"] = (412, "The instance exists already"),
        ["revision.mismatch"] = (412, "The instance was changed in between"),
        ["body.too-large"] = (413, "The body is too large"),
        ["batch.too-large"] = (413, "The batch answers too much"),
        ["content-type.unsupported"] = (415, "The content type is not accepted"),
        ["connector.input"] = (422, "The connector does not accept the input"),
        ["connector.not-found"] = (422, "The outside system does not have it"),
        ["connector.rate"] = (429, "The outside system asks to slow down"),
        ["host.bug"] = (500, "The host failed"),
        ["output.invalid"] = (502, "The connector answered something it may not"),
        ["connector.auth"] = (502, "The outside system refuses the credentials"),
        ["connector.bug"] = (502, "The connector failed"),
        ["instance.unavailable"] = (503, "The instance takes no calls"),
        ["breaker.open"] = (503, "The outside system has not been answering"),
        ["pool.exhausted"] = (503, "No connection came free in time"),
        ["host.draining"] = (503, "The host is stopping"),
        ["connector.unavailable"] = (503, "The outside system cannot be reached"),
        ["state.failed"] = (503, "The host's state could not be read or saved"),
        ["store.failed"] = (503, "The host's package store could not be read or written"),
        ["deadline.exceeded"] = (504, "The call did not end in time"),
        ["connector.timeout"] = (504, "The outside system did not answer in time"),
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
