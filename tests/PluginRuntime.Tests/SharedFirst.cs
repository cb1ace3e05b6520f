using Xunit.Abstractions;

namespace PluginRuntime.Tests;

/// <summary>
/// Begins with the collections that several classes share: they run one class after the other, and would else be what the last minutes
/// wait for, on one processor of several.
/// </summary>
internal sealed class SharedFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => collection.CollectionDefinition is null);
}
