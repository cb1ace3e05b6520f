using System.Text;
using PluginRuntime.Connectors.Files;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Packages.Crashes;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.Files;

/// <summary>The program that writes a file while a test kills it, or makes its disk refuse: <c>files DIRECTORY MODE</c>.</summary>
internal static class FilesProgram
{
    internal const string Mode = "files";

    internal static async Task<int> RunAsync(string[] args)
    {
        StoreProgram.LetTrace();
        IConnector connector = new FilesConnector();
        await connector.InitializeAsync(
            new() { Instance = "test", Version = "1.0.0", Settings = Encoding.UTF8.GetBytes($$"""{"directory":"{{args[1]}}","mustExist":true}""") }, default);
        var connection = await connector.OpenAsync(default);
        await connector.CallAsync(connection, "write", """{"path":"rehearsal/a","content":"x","createDirectories":true}""");
        await connector.CallAsync(connection, "write", """{"path":"rehearsal/a","content":"x"}""");
        await connector.CallAsync(connection, "write", """{"path":"rehearsal/b","content":"x","mode":"create"}""");
        Console.WriteLine(StoreProgram.Ready);
        Console.ReadLine();
        try
        {
            await connector.CallAsync(connection, "write", $$"""{"path":"a","content":"new content","mode":"{{args[2]}}"}""");
            Console.WriteLine(StoreProgram.Done);
            return 0;
        }
        catch (ConnectorException failure)
        {
            Console.WriteLine($"{StoreProgram.Failed}{failure.Kind} {failure.WasSent}");
            return 3;
        }
    }
}
