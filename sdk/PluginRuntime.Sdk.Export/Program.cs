namespace PluginRuntime.Sdk.Export;

/// <summary>
/// Writes a connector's manifest. A program of its own, because reading a connector class means running its constructor, and a build
/// must not run foreign code in its own process.
/// </summary>
internal static class Program
{
    private const string Usage =
        "usage: dotnet PluginRuntime.Sdk.Export.dll <directory> <assembly file name> <version> <framework> [<excluded directory>...]\n"
        + "       dotnet PluginRuntime.Sdk.Export.dll --tags <connector.json> [<conformance.json>]";

    private static void Main(string[] args)
    {
        var code = Run(args);

        // Not a return: a constructor that started a foreground thread would keep the build waiting for ever.
        Environment.Exit(code);
    }

    private static int Run(string[] args)
    {
        if (args is ["--tags", var manifest, .. { Length: <= 1 } tested])
        {
            Console.WriteLine(ManifestTags.Of(File.ReadAllBytes(manifest), tested is [var report] ? File.ReadAllBytes(report) : null));
            return 0;
        }

        if (args.Length < 4)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        var request = new ExportRequest(Path.GetFullPath(args[0]), args[1], args[2], args[3], args[4..]);
        try
        {
            ManifestFile.Write(request, ManifestExport.Create(request));
            return 0;
        }
        catch (ExportException exception)
        {
            Report(request, exception.Code, exception.Messages);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Report(request, ExportException.Files, [exception.Message]);
        }
        catch (Exception exception)
        {
            // Foreign code ran: whatever it left behind has to become one line of the build, and not a dump of this program.
            Report(request, ExportException.Unexpected, [$"The connector cannot be read: {exception.GetType().FullName}: {exception.Message}"]);
        }

        return 1;
    }

    private static void Report(ExportRequest request, string code, IReadOnlyList<string> messages)
    {
        // A manifest of an earlier build would describe other bytes than those that lie here now.
        ManifestFile.Delete(request);
        foreach (var message in messages)
        {
            Console.Error.WriteLine($"{request.AssemblyPath} : error {code}: {message.ReplaceLineEndings(" ")}");
        }
    }
}
