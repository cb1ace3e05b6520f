using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginRuntime.Manifests.Import;

namespace PluginRuntime.Cli;

/// <summary><c>connector import FILE</c>: makes a manifest of an OpenAPI document, to look at without a host, or to register at one.</summary>
internal static class ImportCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var host = new HostOptions();
        var fileArgument = new Argument<string>("FILE") { Description = "The OpenAPI document, 3.0 or 3.1, as JSON." };
        var idOption = new Option<string?>("--id") { Description = "The connector's id. Default: made of the document's title." };
        var versionOption = new Option<string?>("--version") { Description = "Its version. Default: the document's own where that is SemVer, else 1.0.0." };
        var nameOption = new Option<string?>("--name") { Description = "A name for people. Default: the document's title." };
        var baseUrlOption = new Option<string?>("--base-url") { Description = "Where the API is. Default: the first server that the document names by an absolute URL." };
        var operationOption = new Option<string[]>("--operation") { Description = "An operation to take, by its operationId or as 'GET /users/{id}'. Any number of times." };
        var tagOption = new Option<string[]>("--tag") { Description = "A tag whose operations to take. Any number of times." };
        var registerOption = new Option<bool>("--register") { Description = "Register it at a running host." };
        var jsonOption = new Option<bool>("--json") { Description = "Print the manifest and the notes as a JSON object; with --register the host's answer." };
        var command = new Command("import", "Makes a connector of an OpenAPI document: shows it, or registers it.")
        {
            fileArgument, idOption, versionOption, nameOption, baseUrlOption, operationOption, tagOption, registerOption, jsonOption,
        };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var options = new OpenApiImportOptions
            {
                Id = parsed.GetValue(idOption),
                Version = parsed.GetValue(versionOption),
                Name = parsed.GetValue(nameOption),
                BaseUrl = parsed.GetValue(baseUrlOption),
                Operations = parsed.GetValue(operationOption) ?? [],
                Tags = parsed.GetValue(tagOption) ?? [],
            };
            var imported = await ImportAsync(Path.GetFullPath(parsed.GetRequiredValue(fileArgument)), options, cancellationToken);
            var registered = parsed.GetValue(registerOption) ? await RegisterAsync(host, parsed, imported, cancellationToken) : null;
            Print(parsed.InvocationConfiguration, imported, registered, parsed.GetValue(jsonOption));
        }));
        return command;
    }

    private static async Task<OpenApiImportResult> ImportAsync(string file, OpenApiImportOptions options, CancellationToken cancellationToken)
    {
        // Not read first: it may be anything.
        if (new FileInfo(file) is { Exists: true, Length: > OpenApiImport.MaxBytes } large)
        {
            throw new CommandException(ExitCode.Failed, $"{file} has {large.Length} bytes; accepted are {OpenApiImport.MaxBytes} at most.");
        }

        var imported = OpenApiImport.Import(await File.ReadAllBytesAsync(file, cancellationToken), options);
        return imported.Manifest is null
            ? throw new CommandException(ExitCode.Failed, ["The document cannot be imported.", .. imported.Errors.Select(error => $"  {error.Pointer}: {error.Detail} ({error.Code})")])
            : imported;
    }

    // What is registered is what was shown: the manifest, and not the document once more.
    private static async Task<byte[]> RegisterAsync(HostOptions host, ParseResult parsed, OpenApiImportResult imported, CancellationToken cancellationToken)
    {
        using var client = host.Connect(parsed);
        return await client.PostAsync("api/connectors/register", [.. "{\"manifest\":"u8, .. imported.Manifest!.Utf8.Span, .. "}"u8], cancellationToken);
    }

    private static void Print(InvocationConfiguration configuration, OpenApiImportResult imported, byte[]? registered, bool asJson)
    {
        var (output, manifest) = (configuration.Output, imported.Manifest!);
        if (asJson)
        {
            output.WriteLine(registered is null
                ? JsonSerializer.Serialize(new { manifest = JsonElement.Parse(manifest.Utf8.Span), notes = imported.Notes }, _json)
                : Encoding.UTF8.GetString(registered));
            return;
        }

        var baseUrl = manifest.Http!.Value.GetProperty("baseUrl").GetString();
        output.WriteLine(PlainText.Of($"{manifest.Id} {manifest.Version} {(registered is null ? "is" : "was registered:")} {manifest.Name}, at {baseUrl}, with credentials of type {manifest.Auth.Type}"));
        Table.Print(
            output,
            ["ACTION", "METHOD", "PATH"],
            manifest.Actions.Select(action => (IReadOnlyList<string>)
                [action.Id, action.Http!.Value.GetProperty("method").GetString()!, action.Http.Value.GetProperty("path").GetString()!]));
        foreach (var note in imported.Notes)
        {
            configuration.Error.WriteLine(PlainText.Of($"{note.Pointer}: {note.Detail} ({note.Code})"));
        }
    }
}
