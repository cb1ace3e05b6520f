namespace PluginRuntime.Host.State;

/// <summary>The first line of a backup.</summary>
/// <param name="Backup">The version of the file's format.</param>
/// <param name="Schema">The version of the tables that it was read from.</param>
/// <param name="SealKeys">The ids of the keys that what is secret in it was ever sealed with; the last is the one in use. Empty for none.</param>
/// <param name="Time">When it was begun.</param>
internal sealed record BackupHeader(int Backup, int Schema, IReadOnlyList<string> SealKeys, DateTimeOffset Time)
{
    internal const int Format = 1;
}

/// <summary>A row of a backup.</summary>
/// <param name="Table">Of which table.</param>
/// <param name="Columns">What its values are, in their order.</param>
/// <param name="Values">An array; valid until the next row is read.</param>
internal readonly record struct BackupRow(string Table, IReadOnlyList<string> Columns, System.Text.Json.JsonElement Values);
