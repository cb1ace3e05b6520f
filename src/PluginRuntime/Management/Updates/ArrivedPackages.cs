using PluginRuntime.Packages;
using PluginRuntime.Packages.Archives;
using PluginRuntime.Packages.Feeds;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>Package files that nobody has to fetch: they were put into the drop-in folder, or sent in a request. Each of the two is a source.</summary>
internal sealed class ArrivedPackages
{
    private readonly ArchiveFolder _dropIn;
    private readonly ArchiveFolder _uploads;
    private readonly PackageFolders _folders;
    private readonly Lock _writing = new();
    private readonly string _incoming;

    /// <param name="directory">For copies of them.</param>
    /// <param name="folders">Where files are put into.</param>
    internal ArrivedPackages(string directory, PackageFolders folders)
    {
        _dropIn = new(ArchiveFolder.DropIn, Path.Combine(directory, ArchiveFolder.DropIn));
        _uploads = new(ArchiveFolder.Upload, Path.Combine(directory, ArchiveFolder.Upload));
        _folders = folders;
        _incoming = Path.Combine(directory, "incoming");
        if (Directory.Exists(_incoming))
        {
            // What an ended process left.
            Directory.Delete(_incoming, recursive: true);
        }
    }

    /// <summary>The sources, to be asked beside others.</summary>
    internal IReadOnlyList<ArchiveFolder> Folders => [_dropIn, _uploads];

    /// <summary>Whether nothing came, or is left.</summary>
    internal bool IsEmpty => _dropIn.IsEmpty && _uploads.IsEmpty;

    /// <summary>Makes of the files in the drop-in folder what that source offers.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    internal void Settle()
    {
        lock (_writing)
        {
            var archives = _folders.Archives;
            if (archives.Count == 0 && _dropIn.IsEmpty)
            {
                return;
            }

            // One that has changed since is looked at again by itself.
            _dropIn.Keep([.. archives.Where(_dropIn.TryTake)]);
        }
    }

    /// <summary>Takes a package file in.</summary>
    /// <param name="content">Its bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What it is.</returns>
    /// <exception cref="PackageRefusedException">It is no package that could be taken, or its id and version were sent before with other bytes.</exception>
    /// <exception cref="StoreException"><c>store.failed</c>: the disk refuses.</exception>
    internal async Task<(string Id, SemanticVersion Version)> TakeAsync(Stream content, CancellationToken cancellationToken)
    {
        var file = Path.Combine(_incoming, $"{Guid.NewGuid():N}.nupkg");
        try
        {
            Directory.CreateDirectory(_incoming);
            using (var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write))
            {
                await content.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
            }

            return await Task.Run(() => Take(file, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && File.Exists(file))
        {
            throw StoreException.Failed(_incoming, exception);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Drops what was sent; no effect where nothing was.</summary>
    internal void Drop(string id, SemanticVersion version)
    {
        lock (_writing)
        {
            _uploads.Remove(id, version.ToString());
        }
    }

    private (string Id, SemanticVersion Version) Take(string file, CancellationToken cancellationToken)
    {
        const string Source = "the uploaded package";
        var facts = ArchiveCheck.Check(file, Source, null, null, new(), cancellationToken);
        var archive = new ScannedArchive(file, facts.Id.ToLowerInvariant(), facts.Version, facts.Sha512);
        if (!Manifests.ManifestId.IsValid(archive.Id) || !SemanticVersion.TryParse(archive.Version, out var version))
        {
            throw new PackageRefusedException(Source, PackageCodes.Identity, $"'{facts.Id}' '{facts.Version}' is not the id of a connector and a SemVer version.");
        }

        lock (_writing)
        {
            if (_uploads.HasOther(archive))
            {
                throw new PackageRefusedException($"{archive.Id} {version}", PackageCodes.Changed, "other bytes were sent under this version before; a version is published once.");
            }

            return _uploads.TryTake(archive) ? (archive.Id, version) : throw new IOException($"{file} changed while it was read.");
        }
    }
}
