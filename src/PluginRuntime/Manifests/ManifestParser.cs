using System.Text.Json;
using PluginRuntime.Manifests.Binding;
using PluginRuntime.Sdk;
using PluginRuntime.Versioning;

namespace PluginRuntime.Manifests;

/// <summary>Takes a manifest's top level and its small objects apart.</summary>
internal static class ManifestParser
{
    private const string Version1 = "1";

    /// <summary>What was read; it is only worth something when no error was added.</summary>
    internal static ConnectorManifest? Read(JsonElement root, byte[] utf8, List<ValidationError> errors)
    {
        if (IsOtherVersion(root))
        {
            errors.Clear();
            errors.Add(new ValidationError(
                "/manifestVersion", "manifest.version-unsupported", "This version of manifests is not supported; accepted is 1."));
            return null;
        }

        var manifest = ManifestObject.Open(
            root,
            "",
            errors,
            "manifestVersion", "id", "name", "version", "description", "category", "auth", "settingsSchema", "actions", "http", "package", "runtime", "files");
        if (manifest is null)
        {
            return null;
        }

        if (manifest.IsThere("manifestVersion"))
        {
            manifest.Of("manifestVersion", JsonValueKind.Number, "the number 1");
        }

        var files = ManifestFiles.Read(manifest);
        HttpBinding? binding = null;
        var read = new ConnectorManifest
        {
            Id = ManifestId.ReadConnector(manifest),
            Name = manifest.RequiredText("name"),
            Version = ReadVersion(manifest)!,
            Description = manifest.Text("description") ?? "",
            Category = manifest.Any("category") is null ? "custom" : manifest.RequiredText("category"),
            Auth = ReadAuth(manifest, errors),
            SettingsSchema = manifest.Schema("settingsSchema"),
            Actions = ManifestActions.Read(manifest, binding = HttpBinding.Open(manifest, errors)),
            Runtime = ReadRuntime(manifest, manifest.Any("files") is null ? null : files, errors),
            Files = files,
            Http = binding is null ? manifest.Of("http", JsonValueKind.Object, "an object") : manifest.Any("http"),
            Package = ReadPackage(manifest, errors),
            Utf8 = utf8,
        };
        foreach (var (index, action) in read.Actions.Index().Where(action => read.Package is not null && action.Item.Http is not null))
        {
            errors.Add(new(JsonPointer.Append("/actions", index) + "/http", "package.exclusive", "The package carries the action out; leave this away."));
        }

        return read;
    }

    private static bool IsOtherVersion(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object
        && root.TryGetProperty("manifestVersion", out var version)
        && version.ValueKind == JsonValueKind.Number
        && version.GetRawText() != Version1;

    private static SemanticVersion? ReadVersion(ManifestObject manifest)
    {
        var text = manifest.RequiredText("version");
        if (!SemanticVersion.TryParse(text, out var version) && !string.IsNullOrWhiteSpace(text))
        {
            manifest.Report("version", "version.invalid", "This is no version; accepted is SemVer 2.0, such as 1.2.3 or 1.2.3-beta.1.");
        }

        return version;
    }

    private static ManifestAuth ReadAuth(ManifestObject manifest, List<ValidationError> errors)
    {
        if (manifest.Any("auth") is not { } element || ManifestObject.Open(element, manifest.At("auth"), errors, "type", "headerName") is not { } auth)
        {
            return ManifestAuth.None;
        }

        var type = auth.RequiredText("type");
        string[] accepted =
            [CredentialTypes.None, CredentialTypes.ApiKey, CredentialTypes.Basic, CredentialTypes.Bearer, CredentialTypes.OAuth, CredentialTypes.Any];
        if (!string.IsNullOrWhiteSpace(type) && !accepted.Contains(type))
        {
            auth.Report("type", "auth.type-unknown", $"The type is not known; accepted are {string.Join(", ", accepted)}.");
        }

        var header = auth.Text("headerName");
        if (header is not null && type is not (CredentialTypes.ApiKey or CredentialTypes.Any))
        {
            auth.Report("headerName", "auth.header-unused", "The header is of no use; it is accepted with the types api_key and any only.");
        }
        else if (header is not null && HeaderName.Check(header) is { } wrong)
        {
            auth.Report("headerName", "auth.header-invalid", wrong);
        }

        return new ManifestAuth(type, header);
    }

    private static ManifestPackage? ReadPackage(ManifestObject manifest, List<ValidationError> errors)
    {
        if (manifest.Any("package") is not { } element || ManifestObject.Open(element, manifest.At("package"), errors, "id", "version") is not { } package)
        {
            return null;
        }

        foreach (var key in (string[])["http", "runtime"])
        {
            if (manifest.Any(key) is not null)
            {
                manifest.Report(key, "package.exclusive", "A manifest is carried out by one thing: leave this away, or 'package'.");
            }
        }

        foreach (var key in (string[])["auth", "settingsSchema"])
        {
            if (manifest.Any(key) is not null)
            {
                manifest.Report(key, "package.own", "It is the package's; leave it away.");
            }
        }

        var range = package.Any("version") is null ? "*" : package.RequiredText("version");
        if (!VersionRange.TryParse(range, out var version, out var problem))
        {
            package.Report("version", "version.invalid", problem);
        }

        return new(ManifestId.Read(package), version ?? VersionRange.Parse("*"));
    }

    private static ManifestRuntime? ReadRuntime(ManifestObject manifest, List<ManifestFile>? files, List<ValidationError> errors)
    {
        if (manifest.Any("runtime") is not { } element
            || ManifestObject.Open(element, manifest.At("runtime"), errors, "assembly", "type", "sdk", "framework") is not { } runtime)
        {
            return null;
        }

        var assembly = runtime.RequiredText("assembly");
        if (!string.IsNullOrWhiteSpace(assembly))
        {
            if (!ManifestFiles.IsPath(assembly) || assembly.Contains('/', StringComparison.Ordinal)
                || !assembly.EndsWith(".dll", StringComparison.Ordinal) || assembly.Length == ".dll".Length)
            {
                runtime.Report("assembly", "runtime.assembly-invalid", "This is no assembly; accepted is the name of a .dll file in the package's root.");
            }
            else if (files is not null && !files.Exists(file => file.Path == assembly))
            {
                runtime.Report("assembly", "runtime.assembly-missing", "The assembly is not among the files; accepted is one of them.");
            }
        }

        var sdk = runtime.RequiredText("sdk");
        if (!string.IsNullOrWhiteSpace(sdk) && !IsMajorMinor(sdk))
        {
            runtime.Report("sdk", "runtime.sdk-invalid", "This is no version of the Sdk; accepted is major.minor, such as 1.0.");
        }

        return new ManifestRuntime(assembly, runtime.RequiredText("type"), sdk, runtime.RequiredText("framework"));
    }

    private static bool IsMajorMinor(string text) =>
        text.All(character => char.IsAsciiDigit(character) || character == '.')
        && System.Version.TryParse(text, out var version)
        && version.ToString() == text
        && version.Build < 0;
}
