namespace PluginRuntime.Host.Tests.Cli;

public sealed class DocsCommandTests : IDisposable
{
    private const string Manifest =
        """
        { "manifestVersion": 1, "id": "crm", "name": "The | CRM", "version": "1.0.0", "description": "Talks\nto it.", "category": "sales",
          "auth": { "type": "api_key", "headerName": "X-Key" },
          "settingsSchema": { "type": "object", "properties": { "key": { "type": "string", "writeOnly": true, "description": "The | key." } }, "required": ["key"] },
          "actions": [
            { "id": "find", "name": "Find", "description": "Finds people.", "idempotent": true, "timeout": "2s",
              "inputSchema": { "$defs": { "name": { "type": "string", "minLength": 1 } }, "type": "object",
                "properties": { "name": { "$ref": "#/$defs/name" }, "limit": { "type": ["integer", "null"], "default": 10, "description": "How many." } }, "required": ["name"] },
              "outputSchema": { "type": "array", "items": { "type": "object", "properties": { "kind": { "enum": ["a", "b"] } } } },
              "http": { "method": "GET", "path": "/people", "query": { "n": "{name}" } } },
            { "id": "raw", "name": "Raw", "description": "Anything.", "http": { "method": "POST", "path": "/raw" } } ],
          "http": { "baseUrl": "https://crm.example.com" } }
        """;

    private const string Page =
        """
        # The | CRM
        Talks to it.

        | | |
        | --- | --- |
        | id | `crm` |
        | version | 1.0.0 |
        | category | sales |
        | credentials | api_key, in the header `X-Key` |

        ## Settings
        | property | type | | description |
        | --- | --- | --- | --- |
        | `key` | string | required | The \| key. (secret) |

        ## find
        Finds people. It may be repeated. One attempt takes 2 s at most.

        ### Input
        | property | type | | description |
        | --- | --- | --- | --- |
        | `name` | string | required | (minLength 1) |
        | `limit` | integer or null | default `10` | How many. |

        ### Output
        | property | type | | description |
        | --- | --- | --- | --- |
        | `[].kind` | `"a"` or `"b"` |  |  |

        ## raw
        Anything. It is not repeated after something was sent.

        ### Input
        Any JSON.

        ### Output
        Any JSON.

        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("docs-").FullName;

    private string File => Path.Combine(_directory, "connector.json");

    [Fact]
    public async Task Docs_Manifest_WritesAPage()
    {
        await System.IO.File.WriteAllTextAsync(File, Manifest);

        var run = await CliRun.OfAsync("docs", File);

        Assert.Equal((0, "", Page.ReplaceLineEndings("\n")), (run.ExitCode, run.Error, run.Output));
    }

    [Fact]
    public async Task Docs_NoValidManifest_TellsEachError()
    {
        await System.IO.File.WriteAllTextAsync(File, """{ "manifestVersion": 1, "id": "A B" }""");

        var run = await CliRun.OfAsync("docs", _directory);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("/id: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("/version: ", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
