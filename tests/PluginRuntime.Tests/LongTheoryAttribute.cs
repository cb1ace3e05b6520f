using Xunit.Sdk;

namespace PluginRuntime.Tests;

/// <summary>A theory whose cases take minutes, as <see cref="LongFactAttribute"/> is a fact.</summary>
[XunitTestCaseDiscoverer("Xunit.Sdk.TheoryDiscoverer", "xunit.execution.{Platform}")]
internal sealed class LongTheoryAttribute : LongFactAttribute;
