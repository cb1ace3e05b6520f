using Spectre.Console;

namespace PluginRuntime.Cli;

/// <summary>Rows for people: drawn on a terminal, aligned text elsewhere.</summary>
internal static class Table
{
    private const int Gap = 2;

    public static void Print(TextWriter output, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        IReadOnlyList<string>[] all = [.. rows.Select(row => (IReadOnlyList<string>)[.. row.Select(PlainText.Of)])];
        if (ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected)
        {
            Draw(heads, all);
            return;
        }

        var widths = heads.Select((head, column) => all.Select(row => row[column].Length).Append(head.Length).Max()).ToList();
        foreach (var row in all.Prepend(heads))
        {
            output.WriteLine(string.Concat(row.Select((cell, column) => cell.PadRight(widths[column] + Gap))).TrimEnd());
        }
    }

    private static void Draw(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Spectre.Console.Table { Border = TableBorder.Rounded };
        table.AddColumns([.. heads.Select(head => new TableColumn(Markup.Escape(head)))]);
        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        AnsiConsole.Write(table);
    }
}
