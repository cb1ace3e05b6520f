using NuGet.Commands;
using NuGet.Common;
using NuGet.Configuration;
using NuGet.Frameworks;
using NuGet.LibraryModel;
using NuGet.Packaging;
using NuGet.Packaging.Signing;
using NuGet.ProjectModel;
using NuGet.RuntimeModel;
using NuGet.Versioning;
using SemanticVersion = PluginRuntime.Versioning.SemanticVersion;

namespace PluginRuntime.Packages.Feeds;

/// <summary>Finds out what a package needs and brings it all into the cache: NuGet's own restore, in this process and without a project file.</summary>
internal sealed class ClosureResolver(NuGetClient client, ArchiveGuard guard, string runtimeIdentifier, TimeProvider timeProvider)
{
    private const string FrameworkName = "net10.0";

    private readonly NuGetFramework _framework = NuGetFramework.Parse(FrameworkName);

    /// <summary>Resolves one version of a package.</summary>
    /// <param name="id">The package.</param>
    /// <param name="version">Which version.</param>
    /// <param name="pins">What it needs, where that was decided before: taken in just these versions.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FeedException">A source failed, or took longer than the budget.</exception>
    /// <exception cref="PackageRefusedException">
    /// A package was refused by <see cref="Archives.ArchiveCheck"/>; a dependency cannot be had or contradicts another: <c>package.dependency</c>;
    /// nothing of it is made for this framework: <c>package.framework</c>; its signature: <c>package.signature</c>.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<PackageClosure> ResolveAsync(
        string id, SemanticVersion version, IReadOnlyList<ClosurePackage> pins, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(client.Options.Budget, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var source = string.Join(", ", client.Map.For(id));
        RestoreResult result;
        try
        {
            result = await RestoreAsync(id, version, pins, linked.Token).EndAsync(timeProvider, linked.Token, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw FeedFaults.Translate(source, exception, limit.IsCancellationRequested, client.Options.Budget);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (!result.Success)
        {
            throw Explain(id, version, source, result, limit.IsCancellationRequested);
        }

        return await ReadAsync(id, version, result.LockFile, cancellationToken).ConfigureAwait(false);
    }

    private async Task<RestoreResult> RestoreAsync(string id, SemanticVersion version, IReadOnlyList<ClosurePackage> pins, CancellationToken cancellationToken)
    {
        // A project that exists in memory only. Its folder is where restore looks for what an earlier one left.
        var name = $"connector-{id}-{Guid.NewGuid():N}";
        var project = Path.Join(client.Cache, "projects", name);
        var file = Path.Join(project, $"{name}.csproj");
        var spec = Describe([(id, version.ToString()), .. pins.Select(pin => (pin.Id, pin.Version))], name, project, file);
        using var context = NuGetClient.NewContext(timeProvider);
        var providers = new RestoreCommandProvidersCache().GetOrCreate(client.PackagesFolder, [], [.. client.Repositories], context, NullLogger.Instance);
        var graph = new DependencyGraphSpec();
        graph.AddProject(spec);
        graph.AddRestore(name);
        var request = new RestoreRequest(
            spec, providers, context, ClientPolicyContext.GetClientPolicy(NullSettings.Instance, NullLogger.Instance),
            PackageSourceMapping.GetPackageSourceMapping(NullSettings.Instance), NullLogger.Instance, new LockFileBuilderCache())
        {
            ProjectStyle = ProjectStyle.PackageReference,
            RestoreOutputPath = project,
            MSBuildProjectExtensionsPath = project,
            DependencyGraphSpec = graph,
            AllowNoOp = false,
            LockFilePath = Path.Join(project, "project.assets.json"),
            MaxDegreeOfConcurrency = 16,
            PackageSaveMode = PackageSaveMode.Defaultv3,
            XmlDocFileSaveMode = XmlDocFileSaveMode.Skip,
            HideWarningsAndErrors = true,
        };

        // Not committed: nothing is written but packages.
        return await new RestoreCommand(request).ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }

    private PackageSpec Describe(IReadOnlyList<(string Id, string Version)> roots, string name, string project, string file)
    {
        var framework = new TargetFrameworkInformation
        {
            FrameworkName = _framework,
            TargetAlias = FrameworkName,
            Dependencies =
            [
                .. roots.Select(root => new LibraryDependency(
                    new LibraryRange(root.Id, new VersionRange(NuGetVersion.Parse(root.Version), true, NuGetVersion.Parse(root.Version), true), LibraryDependencyTarget.Package))),
            ],
            PackagesToPrune = PrunedPackages.All,
            RuntimeIdentifierGraphPath = Path.Join(AppContext.BaseDirectory, "nuget", "PortableRuntimeIdentifierGraph.json"),
            FrameworkReferences = [new FrameworkDependency("Microsoft.NETCore.App", FrameworkDependencyFlags.All)],
        };
        return new PackageSpec([framework])
        {
            Name = name,
            FilePath = file,
            RuntimeGraph = new RuntimeGraph([new RuntimeDescription(runtimeIdentifier)]),
            RestoreMetadata = new ProjectRestoreMetadata
            {
                ProjectStyle = ProjectStyle.PackageReference,
                ProjectName = name,
                ProjectUniqueName = name,
                ProjectPath = file,
                OutputPath = project,
                PackagesPath = client.PackagesFolder,
                Sources = [.. client.Repositories.Select(repository => repository.PackageSource)],
                OriginalTargetFrameworks = [FrameworkName],
                FallbackFolders = [],
                ConfigFilePaths = [],
                TargetFrameworks = [new ProjectRestoreMetadataFrameworkInfo(_framework) { TargetAlias = FrameworkName }],
                ValidateRuntimeAssets = true,
                SkipContentFileWrite = true,
                ProjectWideWarningProperties = new WarningProperties(new HashSet<NuGetLogCode> { NuGetLogCode.NU1605, NuGetLogCode.NU1608 }, new HashSet<NuGetLogCode>(), false, new HashSet<NuGetLogCode>()),
                RestoreAuditProperties = new RestoreAuditProperties { EnableAudit = "false" },
                UsingMicrosoftNETSdk = true,
                SdkAnalysisLevel = NuGetVersion.Parse("10.0.400"),
                RestoreDoNotWriteDependencyGraphSpec = true,
            },
        };
    }

    private PluginRuntimeException Explain(string id, SemanticVersion version, string source, RestoreResult result, bool isLate)
    {
        var errors = result.LockFile.LogMessages.Where(message => message.Level == LogLevel.Error).ToList();
        var text = errors.Count == 0 ? "The restore failed without saying why." : string.Join(" ", errors.Select(error => error.Message).Distinct());
        var code = errors.Count == 0 ? NuGetLogCode.Undefined : errors[0].Code;
        if (errors.Exists(error => error.Message.Contains("The nupkg at", StringComparison.Ordinal) && error.Message.Contains("is not valid", StringComparison.Ordinal)))
        {
            // The client looks into what it downloads before it hands it out, and only logs what it found.
            return new PackageRefusedException($"{id} {version}", PackageCodes.BadArchive, $"the NuGet client cannot read it: {text}");
        }

        if (isLate || code is NuGetLogCode.NU1301 or NuGetLogCode.NU1000 or NuGetLogCode.Undefined)
        {
            // Of what a download met, restore keeps the text only.
            return FeedFaults.Translate(source, new HttpRequestException(text, null, FeedFaults.StatusIn(text)), isLate, client.Options.Budget);
        }

        return new PackageRefusedException($"{id} {version}", code switch
        {
            _ when errors.Exists(error => PrunedPackages.Contract.Contains(error.LibraryId, StringComparer.OrdinalIgnoreCase)) => PackageCodes.Contract,
            _ when (int)code is >= 3000 and < 4000 => PackageCodes.Signature,
            NuGetLogCode.NU1201 or NuGetLogCode.NU1202 or NuGetLogCode.NU1203 or NuGetLogCode.NU1213 => PackageCodes.Framework,
            _ => PackageCodes.Dependency,
        }, text);
    }

    private async Task<PackageClosure> ReadAsync(string id, SemanticVersion version, NuGet.ProjectModel.LockFile resolved, CancellationToken cancellationToken)
    {
        var target = resolved.GetTarget(_framework, runtimeIdentifier)
            ?? throw new PackageRefusedException($"{id} {version}", PackageCodes.Framework, $"nothing of it is made for {runtimeIdentifier}.");
        var packages = new List<UnpackedPackage>();
        foreach (var assets in target.Libraries.Where(library => library.Type == LibraryType.Package))
        {
            var library = resolved.GetLibrary(assets.Name!, assets.Version!)!;
            var normalized = assets.Version!.ToNormalizedString();

            var directory = Path.Join(client.PackagesFolder, library.Path);
            var file = Path.Join(directory, $"{assets.Name!.ToLowerInvariant()}.{normalized.ToLowerInvariant()}.nupkg");
            await guard.ConfirmAsync(file, new(assets.Name, assets.Version), library.Sha512, cancellationToken).ConfigureAwait(false);
            packages.Add(new(assets.Name!, normalized, library.Sha512, directory, [.. library.Files], assets));
        }

        return new(
            packages.Find(package => package.Id.Equals(id, StringComparison.OrdinalIgnoreCase))
                ?? throw new PackageRefusedException($"{id} {version}", PackageCodes.Contract, "it is a part of the host itself."),
            [.. packages.OrderBy(package => package.Id, StringComparer.OrdinalIgnoreCase)]);
    }
}
