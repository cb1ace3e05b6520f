namespace PluginRuntime.Packages;

/// <summary>One package, or one folder of packages, that was refused or could not be read.</summary>
/// <param name="Source">The package's path relative to its folder: <c>weather/</c>; <c>./</c> for the folder itself.</param>
/// <param name="Code">Stable, dotted, lower case: <c>package.incomplete</c>.</param>
/// <param name="Detail">What is wrong and what is accepted. It holds no secret.</param>
public sealed record PackageProblem(string Source, string Code, string Detail);
