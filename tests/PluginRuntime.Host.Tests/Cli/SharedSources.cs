using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Host.Tests.Cli;

/// <summary>One copy of the sources for the tests that build connectors in it: the Sdk is built with the first.</summary>
[CollectionDefinition(Name)]
public sealed class SharedSources : ICollectionFixture<SourceCopy>
{
    internal const string Name = "sources";
}
