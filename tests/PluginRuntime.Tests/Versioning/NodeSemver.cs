using System.Diagnostics;
using System.Text;

namespace PluginRuntime.Tests.Versioning;

/// <summary>The outside oracle of <see cref="NodeSemverTable"/> alive: the npm package <c>semver</c> that comes with npm itself.</summary>
internal static class NodeSemver
{
    private const string Script = """
        const semver = require(process.argv[1]);
        const answer = ([kind, left, right]) => {
          try { return kind === 'order' ? semver.compare(left, right) : new semver.Range(left).test(right) ? 1 : 0; } catch { return 'refused'; }
        };
        const questions = require('fs').readFileSync(0, 'utf8').split('\n');
        process.stdout.write(questions.map(line => answer(line.split('\t'))).join('\n'));
        """;

    private static readonly string? _node = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { Path.Combine(folder, "node"), Path.Combine(folder, "node.exe") })
        .FirstOrDefault(File.Exists);

    private static readonly string? _package = Folders().FirstOrDefault(folder => File.Exists(Path.Combine(folder, "package.json")));

    /// <summary>Why nobody can be asked; null when it can be.</summary>
    public static string? Missing { get; } = _node is null ? "There is no node." : _package is null ? "node comes without the package semver." : null;

    /// <summary>Asks all at once, in one process.</summary>
    /// <param name="questions">Three columns: <c>order</c> and two versions; or <c>range</c>, a range and a version.</param>
    /// <returns>Each answer: -1, 0 or 1; or 0 or 1 for whether it contains the version; or <c>refused</c>.</returns>
    public static string[] Ask(IEnumerable<(string Kind, string Left, string Right)> questions)
    {
        var start = new ProcessStartInfo(_node!, ["-e", Script, _package!]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var node = Process.Start(start)!;

        // It reads all before it writes anything.
        using (var input = new StreamWriter(node.StandardInput.BaseStream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
        {
            input.Write(string.Join('\n', questions.Select(question => $"{question.Kind}\t{question.Left}\t{question.Right}")));
        }

        var answers = node.StandardOutput.ReadToEnd().Split('\n');
        node.WaitForExit();
        Assert.Equal(0, node.ExitCode);
        return answers;
    }

    private static IEnumerable<string> Folders()
    {
        if (_node is null) yield break;
        var program = File.ResolveLinkTarget(_node, returnFinalTarget: true)?.FullName ?? _node;
        foreach (var modules in new[] { "../../lib/node_modules", "../node_modules", "../../share/nodejs" })
        {
            var root = Path.GetFullPath(Path.Combine(program, modules));
            yield return Path.Combine(root, "semver");
            yield return Path.Combine(root, "npm", "node_modules", "semver");
        }
    }
}

/// <summary>A test that asks node-semver: reported as skipped where it is missing.</summary>
internal sealed class NodeSemverFactAttribute : FactAttribute
{
    public NodeSemverFactAttribute() => Skip = NodeSemver.Missing!;
}
