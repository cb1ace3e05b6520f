using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PluginRuntime.Sdk.Export.Schemas;

namespace PluginRuntime.Sdk.Export;

/// <summary>Writes a manifest: the same content gives the same bytes, on every machine.</summary>
internal static class ManifestWriter
{
    private static readonly JsonWriterOptions Options =
        new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>UTF-8 without a byte order mark, with LF, and a line feed at the end.</returns>
    /// <exception cref="ExportException">A type has no schema.</exception>
    internal static byte[] Write(ManifestContent content)
    {
        var attribute = content.Class.Attribute;
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("manifestVersion", 1);
            writer.WriteString("id", attribute.Id);
            writer.WriteString("name", attribute.Name ?? attribute.Id);
            writer.WriteString("version", content.Request.Version);
            writer.WriteString("description", attribute.Description);
            writer.WriteString("category", attribute.Category);
            WriteAuth(writer, attribute);
            WriteSettings(writer, content);
            writer.WriteStartArray("actions");
            foreach (var action in content.Actions)
            {
                WriteAction(writer, action);
            }

            writer.WriteEndArray();
            WriteRuntime(writer, content);
            WriteFiles(writer, content.Files);
            writer.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static void WriteAuth(Utf8JsonWriter writer, ConnectorAttribute attribute)
    {
        writer.WriteStartObject("auth");
        writer.WriteString("type", attribute.Auth);
        if (attribute.HeaderName is { } headerName)
        {
            writer.WriteString("headerName", headerName);
        }

        writer.WriteEndObject();
    }

    private static void WriteSettings(Utf8JsonWriter writer, ManifestContent content)
    {
        if (content.Class.Attribute.Settings is not { } type)
        {
            return;
        }

        var typeInfo = content.Json?.GetTypeInfo(type) ?? throw new ExportException(
            ExportException.Schema,
            $"The connector's JsonSerializerContext does not know the settings {type.FullName}. Add [JsonSerializable(typeof({type.Name}))] to it.");
        writer.WritePropertyName("settingsSchema");
        SchemaExport.Create(typeInfo, SchemaUse.Input).WriteTo(writer);
    }

    private static void WriteAction(Utf8JsonWriter writer, ConnectorAction action)
    {
        writer.WriteStartObject();
        writer.WriteString("id", action.Id);
        writer.WriteString("name", action.Options.Name ?? action.Id);
        writer.WriteString("description", action.Options.Description);
        writer.WriteBoolean("idempotent", action.Options.Idempotent);
        if (action.Options.Timeout is { } timeout)
        {
            writer.WriteString("timeout", Duration(timeout));
        }

        WriteSchema(writer, "inputSchema", action.InputSchema, action.Input, SchemaUse.Input);
        WriteSchema(writer, "outputSchema", action.OutputSchema, action.Output, SchemaUse.Output);
        writer.WriteEndObject();
    }

    private static void WriteSchema(Utf8JsonWriter writer, string name, JsonElement? written, JsonTypeInfo? type, SchemaUse use)
    {
        if (written is { } schema)
        {
            writer.WritePropertyName(name);
            schema.WriteTo(writer);
        }
        else if (type is not null)
        {
            writer.WritePropertyName(name);
            SchemaExport.Create(type, use).WriteTo(writer);
        }
    }

    private static void WriteRuntime(Utf8JsonWriter writer, ManifestContent content)
    {
        writer.WriteStartObject("runtime");
        writer.WriteString("assembly", content.Request.Assembly);
        writer.WriteString("type", content.Class.Type.FullName);
        writer.WriteString("sdk", content.Sdk);
        writer.WriteString("framework", content.Request.Framework);
        writer.WriteEndObject();
    }

    private static void WriteFiles(Utf8JsonWriter writer, IReadOnlyList<PackageFile> files)
    {
        writer.WriteStartArray("files");
        foreach (var file in files)
        {
            writer.WriteStartObject();
            writer.WriteString("path", file.Path);
            writer.WriteNumber("size", file.Size);
            writer.WriteString("sha256", file.Sha256);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Duration(TimeSpan value)
    {
        var milliseconds = value.Ticks / TimeSpan.TicksPerMillisecond;
        return milliseconds % 1000 == 0
            ? (milliseconds / 1000).ToString(CultureInfo.InvariantCulture) + "s"
            : milliseconds.ToString(CultureInfo.InvariantCulture) + "ms";
    }
}
