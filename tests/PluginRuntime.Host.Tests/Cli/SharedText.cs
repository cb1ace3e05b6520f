using System.Text;

namespace PluginRuntime.Host.Tests.Cli;

/// <summary>What a command writes, to be read while it goes on: whole lines.</summary>
internal sealed class SharedText : TextWriter
{
    private readonly StringBuilder _text = new();

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Append($"{value}");

    public override void Write(string? value) => Append(value);

    public override void WriteLine(string? value) => Append(value + NewLine);

    public override string ToString()
    {
        lock (_text)
        {
            return _text.ToString();
        }
    }

    private void Append(string? value)
    {
        lock (_text)
        {
            _text.Append(value);
        }
    }
}
