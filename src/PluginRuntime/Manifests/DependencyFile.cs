using System.Text.Json;

namespace PluginRuntime.Manifests;

/// <summary>Reads the <c>.deps.json</c> that the SDK writes beside an assembly: which files each of its libraries brings.</summary>
internal sealed class DependencyFile
{
    private const int MaxBytes = 16 * 1024 * 1024;

    private readonly string _name;
    private readonly AssetChoice _choice;

    private DependencyFile(string name, AssetChoice choice) => (_name, _choice) = (name, choice);

    internal static void Read(string path, string name, AssetChoice choice)
    {
        var file = new DependencyFile(name, choice);
        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new PackageLayoutException(name, "the file is too large; accepted are 16 MiB at most.");
        }

        var errors = new List<ValidationError>();
        using var document = StrictJson.Parse(File.ReadAllBytes(path), StrictJsonCodes.Instance, errors);
        if (document is null)
        {
            throw new PackageLayoutException(name, errors[0].Detail);
        }

        file.ReadTarget(document.RootElement);
    }

    private void ReadTarget(JsonElement root)
    {
        var name = Text(Member(Object(root, "the document"), "runtimeTarget"), "name", "runtimeTarget");
        var target = Member(Member(root, "targets"), name);
        foreach (var library in Object(target, "the target").EnumerateObject())
        {
            foreach (var asset in Assets(library.Value, "runtime"))
            {
                _choice.AddManaged(CheckedPath(asset.Name), null);
            }

            foreach (var asset in Assets(library.Value, "native"))
            {
                _choice.AddNative(CheckedPath(asset.Name), null);
            }

            foreach (var asset in Assets(library.Value, "resources"))
            {
                _choice.AddSatellite(CheckedPath(asset.Name), CheckedSegment(Text(asset.Value, "locale", "a resource")), null);
            }

            foreach (var asset in Assets(library.Value, "runtimeTargets"))
            {
                AddForPlatform(asset);
            }
        }
    }

    private void AddForPlatform(JsonProperty asset)
    {
        var path = CheckedPath(asset.Name);
        var identifier = Text(asset.Value, "rid", "a runtime target");
        switch (Text(asset.Value, "assetType", "a runtime target"))
        {
            case "native":
                _choice.AddNative(path, identifier);
                break;
            case "runtime":
                _choice.AddManaged(path, identifier);
                break;
            case "resources":
                // The culture is the directory the file lies in.
                _choice.AddSatellite(path, CheckedSegment(path.Split('/') is [.., var culture, _] ? culture : ""), identifier);
                break;
            default:
                throw Broken("a runtime target has an assetType that is not known; accepted are runtime, native and resources.");
        }
    }

    private JsonElement.ObjectEnumerator Assets(JsonElement library, string kind) =>
        Object(library, "a library").TryGetProperty(kind, out var assets) ? Object(assets, kind).EnumerateObject() : default;

    private JsonElement Member(JsonElement element, string name) =>
        Object(element, "the file").TryGetProperty(name, out var value) ? value : throw Broken("runtimeTarget, or the target it names, is missing.");

    private string Text(JsonElement element, string name, string owner) =>
        Object(element, owner).TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Broken($"{owner} has no {name}; accepted is a string.");

    private JsonElement Object(JsonElement element, string what) =>
        element.ValueKind == JsonValueKind.Object ? element : throw Broken($"{what} is of the wrong type; accepted is an object.");

    private string CheckedPath(string path) =>
        ManifestFiles.IsPath(path) ? path : throw Broken("the path of an asset leaves the package; accepted are relative paths below it.");

    private string CheckedSegment(string culture) =>
        ManifestFiles.IsPath(culture) && !culture.Contains('/', StringComparison.Ordinal)
            ? culture
            : throw Broken("a resource's locale is no culture's name.");

    private PackageLayoutException Broken(string detail) => new(_name, detail);
}
