using System.Xml;
using System.Xml.Linq;

namespace PluginRuntime.Packages.Archives;

/// <summary>What a package says of itself. Read so that NuGet, which takes the first of several, cannot read anything else.</summary>
/// <param name="Id">As written; never empty.</param>
/// <param name="Version">As written; never empty.</param>
/// <param name="PackageTypes">Names, as written.</param>
internal sealed record Nuspec(string Id, string Version, IReadOnlyList<string> PackageTypes)
{
    private const int MaximumDepth = 64;

    /// <summary>Reads a document.</summary>
    /// <exception cref="XmlException">It is no XML, is nested too deep, has a document type, or its metadata, id or version is missing or
    /// there twice; the message is a sentence.</exception>
    public static Nuspec Read(Stream content)
    {
        var start = content.Position;
        CheckDepth(content);
        content.Position = start;
        using var reader = MakeReader(content);
        var metadata = Single(XDocument.Load(reader).Root!, "metadata");
        var types = metadata.Descendants().Where(element => element.Name.LocalName == "packageType")
            .Select(type => (string?)type.Attribute("name") ?? "");
        return new(TextOf(metadata, "id"), TextOf(metadata, "version"), [.. types]);
    }

    // Looked at before a tree is built: what walks a tree often does so by recursion.
    private static void CheckDepth(Stream content)
    {
        using var reader = MakeReader(content);
        while (reader.Read())
        {
            if (reader.Depth > MaximumDepth) throw new XmlException($"It is nested more than {MaximumDepth} levels deep.");
        }
    }

    private static XmlReader MakeReader(Stream content) =>
        XmlReader.Create(content, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, CloseInput = false });

    private static string TextOf(XElement metadata, string name)
    {
        var element = Single(metadata, name);
        var isNuGets = element.Name.Namespace == metadata.GetDefaultNamespace() && !element.HasElements && element.Value.Length > 0;
        return isNuGets ? element.Value : throw new XmlException($"Its '{name}' is empty, or of another namespace.");
    }

    private static XElement Single(XElement parent, string name)
    {
        var found = parent.Elements().Where(element => element.Name.LocalName == name).Take(2).ToList();
        return found.Count == 1 ? found[0] : throw new XmlException($"It has {(found.Count == 0 ? "no" : "more than one")} '{name}'.");
    }
}
