using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class DependentRequiredKeyword((string Present, string[] Needed)[] dependencies) : Keyword
{
    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        var accepted = true;
        foreach (var (present, needed) in dependencies)
        {
            run.Charge((long)(1 + needed.Length) * instance.GetPropertyCount() / 16);
            if (run.IsStopped || !instance.TryGetProperty(present, out _))
            {
                continue;
            }

            foreach (var name in needed)
            {
                if (!instance.TryGetProperty(name, out _))
                {
                    accepted = run.FailAt(
                        name,
                        "dependent-required",
                        $"The property {KeywordText.Shorten(name)} is missing; with {KeywordText.Shorten(present)} it is required.");
                }
            }
        }

        return accepted;
    }
}
