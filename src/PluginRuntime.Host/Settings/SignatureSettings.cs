namespace PluginRuntime.Host.Settings;

/// <summary>Reads <c>Packages:Signatures</c>: whose packages are installed.</summary>
internal sealed class SignatureSettings(IConfigurationSection section, List<string> errors)
{
    private const int FingerprintDigits = 64;

    private static readonly string[] _keys = ["Authors", "Policy", "Repositories"];
    private static readonly string[] _authorKeys = ["AllowUntrustedRoot", "Fingerprint"];
    private static readonly string[] _repositoryKeys = [.. _authorKeys, "Owners"];

    /// <summary>Reads all of it; what is wrong is told.</summary>
    internal void ReadInto(SignatureOptions options)
    {
        RefuseOthers(section, _keys);
        options.Policy = section["Policy"] switch
        {
            null => options.Policy,
            var text when text.Equals("accept", StringComparison.OrdinalIgnoreCase) => SignaturePolicy.Accept,
            var text when text.Equals("require", StringComparison.OrdinalIgnoreCase) => SignaturePolicy.Require,
            _ => RefusePolicy(),
        };
        ReadInto(options.Authors, "Authors", _authorKeys);
        ReadInto(options.Repositories, "Repositories", _repositoryKeys);
        if (options is { Policy: SignaturePolicy.Require, Authors.Count: 0, Repositories.Count: 0 })
        {
            errors.Add($"{section.Path}: With the policy 'require', Authors or Repositories has to say who may sign: nothing could be installed.");
        }
    }

    private SignaturePolicy RefusePolicy()
    {
        errors.Add($"{section.Path}:Policy: It has to be accept or require.");
        return SignaturePolicy.Require;
    }

    private void ReadInto(IList<TrustedSigner> signers, string key, string[] accepted)
    {
        foreach (var entry in section.GetSection(key).GetChildren())
        {
            RefuseOthers(entry, accepted);
            var fingerprint = entry["Fingerprint"] ?? "";
            if (fingerprint.Length != FingerprintDigits || !fingerprint.All(char.IsAsciiHexDigit))
            {
                errors.Add($"{entry.Path}:Fingerprint: It has to be the SHA-256 of the signing certificate, in {FingerprintDigits} hexadecimal digits.");
                continue;
            }

            var signer = new TrustedSigner { Fingerprint = fingerprint, AllowUntrustedRoot = Flag(entry, "AllowUntrustedRoot") };
            foreach (var owner in entry.GetSection("Owners").GetChildren().Where(owner => !string.IsNullOrWhiteSpace(owner.Value)))
            {
                signer.Owners.Add(owner.Value!);
            }

            signers.Add(signer);
        }
    }

    private bool Flag(IConfigurationSection entry, string key)
    {
        if (bool.TryParse(entry[key] ?? bool.FalseString, out var flag))
        {
            return flag;
        }

        errors.Add($"{entry.Path}:{key}: It has to be true or false.");
        return false;
    }

    private void RefuseOthers(IConfigurationSection entry, string[] accepted) =>
        errors.AddRange(entry.GetChildren().Where(child => !accepted.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child => $"{child.Path}: There is no such setting. Accepted: {string.Join(", ", accepted)}."));
}
