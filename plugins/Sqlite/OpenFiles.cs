using System.Runtime.InteropServices;
using PluginRuntime.Sdk;
using SQLitePCL;

namespace PluginRuntime.Connectors.Sqlite;

/// <summary>
/// Keeps two copies of the SQLite library in one process from having one file open at a time: closing it in one would drop the locks of
/// the other, and destroy the file. Versions of this connector that bring the same library share one copy; the others are refused here.
/// </summary>
/// <remarks>
/// Versions of the connector do not see each other's types, so they meet in a table of the process that holds types of .NET only.
/// </remarks>
internal static class OpenFiles
{
    private const string TableName = "PluginRuntime.Connectors.Sqlite.OpenFiles";

    private static readonly nint _library = FindLibrary();

    /// <summary>Counts one more connection of this library to a file.</summary>
    /// <returns>What <see cref="Leave"/> takes: the file behind all links.</returns>
    /// <exception cref="ConnectorException">Another copy of the library has the file open.</exception>
    internal static string Enter(string path)
    {
        var file = (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);
        var table = Table();
        lock (table)
        {
            var entry = table.GetValueOrDefault(file);
            if (entry.Count > 0 && entry.Library != _library)
            {
                throw new ConnectorException(
                    ConnectorErrorKind.Unavailable,
                    "Another version of the connector has the file open through another SQLite library; both at once would destroy it. Disable the instance, and enable it again on this version.",
                    wasSent: false);
            }

            table[file] = (_library, entry.Count + 1);
        }

        return file;
    }

    internal static void Leave(string file)
    {
        var table = Table();
        lock (table)
        {
            var entry = table[file];
            if (entry.Count > 1)
            {
                table[file] = (entry.Library, entry.Count - 1);
            }
            else
            {
                table.Remove(file);
            }
        }
    }

    private static Dictionary<string, (nint Library, int Count)> Table()
    {
        lock (AppDomain.CurrentDomain)
        {
            if (AppDomain.CurrentDomain.GetData(TableName) is not Dictionary<string, (nint Library, int Count)> table)
            {
                table = new(StringComparer.Ordinal);
                AppDomain.CurrentDomain.SetData(TableName, table);
            }

            return table;
        }
    }

    // The handle is the same for everybody who loaded the same copy.
    private static nint FindLibrary()
    {
        var library = NativeLibrary.Load("e_sqlite3", typeof(SQLite3Provider_e_sqlite3).Assembly, null);
        NativeLibrary.Free(library);
        return library;
    }
}
