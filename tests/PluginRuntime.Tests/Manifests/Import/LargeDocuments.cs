namespace PluginRuntime.Tests.Manifests.Import;

/// <summary>Tests that fill the heap. They run by themselves: others search it for what holds a context, within a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LargeDocuments
{
    internal const string Name = "large documents";
}
