using System.Reflection;
using System.Text.Json.Serialization;

namespace PluginRuntime.Sdk.Export;

/// <summary>From a directory with a built connector to the bytes of its manifest.</summary>
internal static class ManifestExport
{
    /// <summary>Runs the connector's constructor, and nothing else of it.</summary>
    /// <exception cref="ExportException">There is no manifest to be had.</exception>
    internal static byte[] Create(ExportRequest request)
    {
        var assembly = Load(request);
        var connectorClass = ConnectorClass.Find(assembly);
        var connector = connectorClass.Construct();
        ManifestChecks.Check(request, connectorClass.Attribute, connector.Actions);
        return ManifestWriter.Write(new()
        {
            Request = request,
            Class = connectorClass,
            Actions = connector.Actions,
            Json = JsonOf(connector),
            Sdk = SdkVersion(assembly),
            Files = PackageFile.List(request),
        });
    }

    private static Assembly Load(ExportRequest request)
    {
        if (!File.Exists(request.AssemblyPath))
        {
            throw new ExportException(ExportException.Load, "The connector's assembly is not there.");
        }

        try
        {
            return new ConnectorLoadContext(request.AssemblyPath).LoadFromAssemblyPath(request.AssemblyPath);
        }
        catch (Exception exception) when (exception is BadImageFormatException or FileLoadException or InvalidOperationException)
        {
            throw new ExportException(ExportException.Load, $"The connector's assembly cannot be loaded: {exception.Message}");
        }
    }

    /// <summary><c>Connector&lt;TConnection&gt;.Json</c>, for whatever connection; null for classes that implement the interface alone.</summary>
    private static JsonSerializerContext? JsonOf(IConnector connector)
    {
        for (var type = connector.GetType(); type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Connector<>))
            {
                return (JsonSerializerContext?)type.GetProperty(nameof(Connector<>.Json))!.GetValue(connector);
            }
        }

        return null;
    }

    private static string SdkVersion(Assembly assembly)
    {
        var name = typeof(IConnector).Assembly.GetName().Name;
        var version = assembly.GetReferencedAssemblies().Single(reference => reference.Name == name).Version!;
        return $"{version.Major}.{version.Minor}";
    }
}
