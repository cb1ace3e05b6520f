using PluginRuntime.Management;

namespace PluginRuntime.Host.Settings;

/// <summary>Where the key comes from that secrets are sealed with in the state: environment variables, since it is no setting that a file may hold.</summary>
internal static class SealSettings
{
    internal const string FileVariable = "PLUGINRUNTIME_SEAL_KEY_FILE";
    internal const string TextVariable = SealKeyFile.TextVariable;
    internal const string OldFilesVariable = "PLUGINRUNTIME_SEAL_OLD_KEY_FILES";

    private const string Production = "Production";
    private const string MakesOne = "`openssl rand -base64 32` makes one";

    private static readonly string[] _environments = ["DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"];

    internal static IReadOnlyList<string> OldFiles(IConfiguration configuration, string workingDirectory) =>
    [
        .. (configuration[OldFilesVariable] ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(file => Path.GetFullPath(file, workingDirectory)),
    ];

    internal static void Check(HostSettings settings, IConfiguration configuration, List<string> errors)
    {
        if (settings.SealKeyText is not null && settings.ProvisionedSealFile is not null)
        {
            errors.Add($"{TextVariable}: {FileVariable} names a key as well; give one of them.");
        }
        else if (settings.SealKeyText is not null)
        {
            CheckText(settings.SealKeyText, errors);
        }
        else if (settings.StateServer is not null && !File.Exists(settings.ProvisionedSealFile))
        {
            errors.Add($"{FileVariable}: With the state in PostgreSQL it has to name the file of the seal key, which is the same for all hosts and in none's data directory; {MakesOne}.");
        }
        else if (Array.Exists(_environments, name => Production.Equals(configuration[name], StringComparison.OrdinalIgnoreCase)) && LiesBeside(settings))
        {
            errors.Add($"{FileVariable}: In production it has to name a seal key outside of the data directory {settings.DataDirectory}, or {TextVariable} to hold it: whoever gets a copy of the directory has the secrets else; {MakesOne}, and {OldFilesVariable} names the one in use so far.");
        }
    }

    private static void CheckText(string text, List<string> errors)
    {
        try
        {
            SealKeyFile.Parse(text);
        }
        catch (SealException exception)
        {
            errors.Add(exception.Message);
        }
    }

    private static bool LiesBeside(HostSettings settings)
    {
        try
        {
            return RealPath.IsBelow(RealPath.Of(settings.DataDirectory), RealPath.Of(settings.SealKeyFile));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nobody can tell.
            return true;
        }
    }
}
