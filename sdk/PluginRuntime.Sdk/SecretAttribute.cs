namespace PluginRuntime.Sdk;

/// <summary>Marks a setting that no API, log or error may show: <c>"writeOnly": true</c> in the settings schema.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;
