namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary>The types that the keyword <c>type</c> names.</summary>
[Flags]
internal enum JsonTypes
{
    Null = 1,
    Boolean = 2,
    Object = 4,
    Array = 8,
    Number = 16,
    String = 32,
    Integer = 64,
}
