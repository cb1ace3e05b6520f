namespace PluginRuntime.Cli;

/// <summary>A name that a user gave, as a part of an address.</summary>
internal static class PathSegment
{
    /// <exception cref="CommandException">It would lead elsewhere.</exception>
    public static string Of(string name) =>
        name is "" or "." or ".."
            ? throw new CommandException(ExitCode.WrongUsage, $"'{name}' is no name of an instance, connector or action.")
            : Uri.EscapeDataString(name);
}
