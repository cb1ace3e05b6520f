using System.Globalization;
using System.Text;

namespace PluginRuntime.Manifests.Import;

/// <summary>Gives what an operation takes names that placeholders accept, each its own among the input's properties.</summary>
internal sealed class InputNames
{
    private const int Longest = 64;

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <param name="name">What the document calls it: <c>filter[name]</c> is <c>filter_name</c>.</param>
    /// <param name="place">Path, query, header or body: what the name gets in addition where another one has it.</param>
    internal string Take(string name, string place)
    {
        var wanted = Fit(name);
        var property = wanted;
        for (var number = 1; !_taken.Add(property); number++)
        {
            property = number == 1 ? $"{wanted}_{place}" : string.Create(CultureInfo.InvariantCulture, $"{wanted}_{place}_{number}");
        }

        return property;
    }

    private static string Fit(string name)
    {
        var fit = new StringBuilder();
        var isBroken = false;
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-'))
            {
                isBroken = fit.Length > 0;
                continue;
            }

            if (fit.Length == Longest)
            {
                break;
            }

            if (isBroken)
            {
                fit.Append('_');
                isBroken = false;
            }

            fit.Append(character);
        }

        return fit.Length > 0 && (char.IsAsciiLetter(fit[0]) || fit[0] == '_') ? fit.ToString() : "_" + fit;
    }
}
